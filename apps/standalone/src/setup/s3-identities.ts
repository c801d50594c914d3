/** SeaweedFS' file of identities (`-s3.config`): one, that may do everything in every bucket. */
export function s3Identities(access_key_id: string, secret_access_key: string): string {
  const credentials = [{ accessKey: access_key_id, secretKey: secret_access_key }];
  const actions = ['Admin', 'Read', 'Write', 'List', 'Tagging'];
  return JSON.stringify({ identities: [{ name: 'edgeflow', actions, credentials }] });
}

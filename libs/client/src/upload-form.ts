/** What a publisher says of an image (docs/openapi/firmware-registry.json). */
export interface UploadFields {
  version: string;
  /** Lower-case hex. */
  sha256: string;
  models: string | readonly string[];
  min_version?: string;
  release_notes?: string;
  /** The signed manifest, a compact JWS. */
  manifest?: string;
}

/** The form of an upload: the fields, then the file, so that one that cannot be is refused before the image is sent. */
export function uploadForm(fields: UploadFields, image: Blob, name: string): FormData {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields) as [string, string | readonly string[] | undefined][]) {
    for (const one of [value].flat()) if (one !== undefined) form.append(field, one);
  }
  form.append('file', image, name);
  return form;
}

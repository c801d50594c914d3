// class-transformer exports its metadata storage to no one but class-validator-jsonschema's users, and without types.
declare module 'class-transformer/cjs/storage.js' {
  const storage: { defaultMetadataStorage: never };
  export default storage;
}

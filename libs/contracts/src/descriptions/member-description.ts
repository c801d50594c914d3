/** What a member is, in a sentence, and a value that it may have where its schema does not say one. */
export type MemberDescription = readonly [description: string, example?: unknown];

/** Words by member (`device_id`), or by class and member (`DeviceRefused.count`) where one name means two things. */
export type MemberDescriptions = Readonly<Record<string, MemberDescription>>;

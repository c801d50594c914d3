import { createHash } from 'node:crypto';
import type { StoredEvent } from '@edgeflow/contracts';
import { within, type Invariant } from './invariant.js';

/** What stands on the disk of a device. */
export interface OnDisk {
  org: string;
  device_id: string;
  version: string;
  /** Absent for what it came with. */
  image?: Uint8Array;
}

/** An image that a publisher has uploaded. */
export interface Uploaded {
  org: string;
  version: string;
  /** In hex. */
  sha256: string;
  isSigned: boolean;
}

/** Nothing is installed that nobody has uploaded, nor what nobody has signed, where the device wants signatures. It is looked at on the disk. */
export class Installed implements Invariant {
  readonly name = 'nothing unsigned is installed';
  private readonly images = new Map<string, string>();
  private readonly signed = new Set<string>();

  observe(event: StoredEvent): string[] {
    if (event.type === 'FirmwareUploaded') {
      const { version, sha256, signature } = event.data;
      this.uploaded({ org: event.org, version, sha256, isSigned: signature !== undefined });
    }
    // Signed later: the images of that version of that model; of which model it is does not matter to who looks for what nobody has signed.
    if (event.type === 'FirmwareSigned')
      for (const [image, version] of this.images) {
        if (version === event.data.version && image.startsWith(`${event.org}/`)) this.signed.add(image);
      }
    return [];
  }

  /** An image that was taken; whoever was told so had uploaded it, also where the log has lost it with its tail since. */
  uploaded({ org, version, sha256, isSigned }: Uploaded): void {
    this.images.set(within({ org }, sha256), version);
    if (isSigned) this.signed.add(within({ org }, sha256));
  }

  end(): string[] {
    return [];
  }

  /** @param needsSignature whether the device was enrolled to want one. @returns what is wrong, a line */
  look({ org, device_id, version, image }: OnDisk, needsSignature: boolean): string[] {
    if (!image) return [];
    const sha256 = createHash('sha256').update(image).digest('hex');
    const uploaded = this.images.get(within({ org }, sha256));
    const said = `${org}/${device_id} runs ${version}`;
    if (uploaded === undefined) return [`${said}, and nobody has uploaded that image`];
    if (uploaded !== version) return [`${said}, and its image is that of ${uploaded}`];
    return needsSignature && !this.signed.has(within({ org }, sha256))
      ? [`${said}, and nobody has signed that image`]
      : [];
  }
}

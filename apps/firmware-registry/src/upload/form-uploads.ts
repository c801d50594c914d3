import { Refused } from '@edgeflow/contracts';
import type { Caller } from '@edgeflow/identity';
import type { Clock } from '@edgeflow/runtime';
import type { RegistryConfig } from '../registry.config.js';
import { observed, type About } from './observed-upload.js';
import type { Publications } from './publications.js';
import { guardBody } from './request-body.js';
import { readForm, type MultipartRequest } from './upload-form.js';
import type { Uploaded } from './uploads.js';

/** Takes what publishers send as forms. */
export class FormUploads {
  constructor(
    private readonly publications: Publications,
    private readonly config: Pick<RegistryConfig, 'UPLOAD_MAX_BYTES' | 'UPLOAD_EXTENSIONS'>,
    private readonly clock: Clock,
  ) {}

  /** @throws Refused what `readForm` and `Publications.publish` refuse, `file-type-invalid`, `upload-too-large` */
  take(caller: Caller, request: MultipartRequest): Promise<Uploaded> {
    const about: About = { org: caller.org };
    return observed(about, this.clock, () => this.receive(caller, request, about));
  }

  private async receive(caller: Caller, request: MultipartRequest, about: About): Promise<Uploaded> {
    const { UPLOAD_MAX_BYTES, UPLOAD_EXTENSIONS } = this.config;
    guardBody(request.raw, UPLOAD_MAX_BYTES, this.clock);
    const { fields, file_name, image } = await readForm(request, UPLOAD_MAX_BYTES);
    about.version = fields.version;
    checkName(file_name, UPLOAD_EXTENSIONS);
    return this.publications.publish(caller, fields, image);
  }
}

function checkName(file_name: string | undefined, extensions: readonly string[]): void {
  const name = file_name?.toLowerCase() ?? '';
  if (extensions.some((extension) => name.endsWith(extension))) return;
  throw new Refused('file-type-invalid', `The file's name must end in ${extensions.join(' or ')}.`, { extensions });
}

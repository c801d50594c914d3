import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Refused } from '@edgeflow/contracts';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { RegistryConfig } from '../config.js';
import { ApiProblems } from '../problem-responses.js';
import { Manifests } from '../trust/manifests.js';
import { observed, type About } from './observed.js';
import { guardBody } from './request-body.js';
import { UploadAnswer } from './upload-answer.js';
import { UploadBody } from './upload-fields.js';
import { readForm, type MultipartRequest } from './upload-form.js';
import { Uploads, type Uploaded } from './uploads.js';

interface Reply {
  status(code: number): unknown;
}

@ApiTags('firmware')
@Controller('registry/v1/firmware')
export class UploadController {
  constructor(
    private readonly uploads: Uploads,
    private readonly manifests: Manifests,
    @Inject(RegistryConfig) private readonly config: RegistryConfig,
  ) {}

  /** Takes an image. The answer comes when the image is stored, read back and announced. */
  @Post()
  @Roles('admin', 'publisher')
  @ApiOperation({
    summary: 'Upload a firmware image',
    description:
      'The fields come before the file, so that an upload that cannot be is refused before the image is sent. ' +
      'The same image for the same version again is answered with 200 and changes nothing but its signature, if that is another.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ type: UploadBody })
  @ApiCreatedResponse({ type: UploadAnswer, description: 'The image is stored, verified and announced.' })
  @ApiOkResponse({ type: UploadAnswer, description: 'The image was there already, for all stated models.' })
  @ApiProblems('invalid-request', 'version-invalid', 'file-type-invalid', 'field-order', 'file-missing')
  @ApiProblems('unauthorized', 'forbidden', 'version-exists', 'firmware-revoked', 'conflict')
  @ApiProblems('upload-too-large', 'media-type-unsupported', 'checksum-mismatch', 'too-many-requests')
  @ApiProblems(
    'signature-required',
    'signature-invalid',
    'signing-key-revoked',
    'manifest-mismatch',
    'manifest-expired',
  )
  @ApiProblems('log-unavailable', 'log-full', 'storage-unavailable')
  async upload(
    @CurrentCaller() caller: Caller,
    @Req() request: MultipartRequest,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<UploadAnswer> {
    const about: About = { org: caller.org };
    const { created, answer } = await observed(about, () => this.receive(caller, request, about));
    reply.status(created ? 201 : 200);
    return answer;
  }

  private async receive(caller: Caller, request: MultipartRequest, about: About): Promise<Uploaded> {
    const { UPLOAD_MAX_BYTES, UPLOAD_EXTENSIONS } = this.config;
    guardBody(request.raw, UPLOAD_MAX_BYTES);
    const { fields, file_name, image } = await readForm(request, UPLOAD_MAX_BYTES);
    about.version = fields.version;
    checkName(file_name, UPLOAD_EXTENSIONS);
    const { manifest, ...stated } = { ...fields, org: caller.org, uploaded_by: caller.subject };
    const signed = await this.manifests.verify(stated, manifest);
    return this.uploads.upload({ ...stated, ...(signed && { signature: signed.signature }) }, signed?.size, image);
  }
}

function checkName(file_name: string | undefined, extensions: readonly string[]): void {
  const name = file_name?.toLowerCase() ?? '';
  if (extensions.some((extension) => name.endsWith(extension))) return;
  throw new Refused('file-type-invalid', `The file's name must end in ${extensions.join(' or ')}.`, { extensions });
}

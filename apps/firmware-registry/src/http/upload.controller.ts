import { Controller, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { Refuses, WRITING } from '@edgeflow/service-host';
import { FormUploads } from '../upload/form-uploads.js';
import type { MultipartRequest } from '../upload/upload-form.js';
import { UploadAnswer, UploadBody } from './upload.dto.js';

@ApiTags('firmware')
@Controller('registry/v1/firmware')
export class UploadController {
  constructor(private readonly forms: FormUploads) {}

  /** Takes an image. The answer comes when the image is stored, read back and announced. */
  @Post()
  @Roles('admin', 'publisher')
  @ApiOperation({
    summary: 'Upload a firmware image',
    description:
      'The fields come before the file, so that an upload that cannot be is refused before the image is sent. ' +
      'A field may be a file part too (`curl -F manifest=@image.jws`); a line end behind its text does not count. ' +
      'The same image for the same version again is answered with 200 and changes nothing but its signature, if that is another.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ type: UploadBody })
  @ApiCreatedResponse({ type: UploadAnswer, description: 'The image is stored, verified and announced.' })
  @ApiOkResponse({ type: UploadAnswer, description: 'The image was there already, for all stated models.' })
  @Refuses(
    ...WRITING,
    'version-invalid',
    'file-type-invalid',
    'field-order',
    'file-missing',
    'version-exists',
    'firmware-revoked',
    'checksum-mismatch',
    'signature-required',
    'signature-invalid',
    'signing-key-revoked',
    'manifest-mismatch',
    'manifest-expired',
    'storage-unavailable',
  )
  async upload(
    @CurrentCaller() caller: Caller,
    @Req() request: MultipartRequest,
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
  ): Promise<UploadAnswer> {
    const { created, answer } = await this.forms.take(caller, request);
    reply.status(created ? 201 : 200);
    return answer;
  }
}

import { Injectable } from '@nestjs/common';

/** The OpenAPI document of this service, written when it is asked for first. */
@Injectable()
export class ApiDescription {
  private written: object | undefined;
  private write: () => object = () => {
    throw new Error('the API description is not there before the service has started');
  };

  /** Says how the document is written: the app must exist before it can be described. */
  writtenBy(write: () => object): void {
    this.write = write;
  }

  document(): object {
    this.written ??= this.write();
    return this.written;
  }
}

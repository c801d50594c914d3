import { Injectable, type PipeTransform } from '@nestjs/common';
import { Refused, isToken } from '@edgeflow/contracts';

/** What cannot be a device's id is no device: it never gets into a query. */
@Injectable()
export class DeviceIdPipe implements PipeTransform<string, string> {
  /** @throws Refused `device-unknown` */
  transform(device_id: string): string {
    if (!isToken(device_id)) throw new Refused('device-unknown');
    return device_id;
  }
}

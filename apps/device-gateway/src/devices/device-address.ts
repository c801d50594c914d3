/** Which device. */
export interface DeviceAddress {
  org: string;
  device_id: string;
}

/** What a device is kept under: ids hold no slash, and are unique in their organization only. */
export function deviceKey({ org, device_id }: DeviceAddress): string {
  return `${org}/${device_id}`;
}

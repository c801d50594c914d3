/** Who this service is in the events that it writes. */
export const SOURCE = '/firmware-registry';

/** The organization of the demos. */
export const ORG = 'acme';
/** The device of the demo; those of a fleet are of its kind. */
export const DEVICE = { device_id: 'demo-1', model: 'demo-board', fleet: 'demo', version: '1.0.0' };
/** The version that the demo brings onto devices. */
export const NEW_VERSION = '1.1.0';

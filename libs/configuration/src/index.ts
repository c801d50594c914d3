export { authorityIn, certificatesFault, isTlsCode, keyFault } from './certificates.js';
export { ConfigError, EXIT_CONFIG } from './config-error.js';
export { databasePasswordFault, databaseUrlFault, withPassword } from './database-url.js';
export { secondsIn } from './duration.js';
export { variablesIn, type Environment } from './environment.js';
export { httpUrlFault, urlFault } from './urls.js';

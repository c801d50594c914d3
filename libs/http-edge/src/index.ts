export { ALPN_PROTOCOLS } from './alpn.js';
export { answerBrokenRequest, answerBrokenRequests } from './broken-requests.js';
export { hasBody, letAnswersArrive } from './early-answers.js';
export { refuseExpectations } from './expectations.js';
export { hostFault } from './hosts.js';
export { lingeringClose } from './lingering-close.js';
export { json, problem, type Answer } from './problem.js';
export { answerRaw } from './raw-answer.js';
export { refuseConnect, takesUpgrade } from './upgrades.js';

export { projectionModels } from './memory/kept.model.js';

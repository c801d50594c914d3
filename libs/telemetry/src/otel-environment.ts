import { ConfigError, urlFault, variablesIn, type Environment } from '@edgeflow/configuration';

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
const PROTOCOLS = ['OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'];
/** They hold credentials of the collector. */
const HEADERS = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'];
const URL_RULES = {
  ...{ protocols: ['http:', 'https:'], like: 'https://collector:4318' },
  ...{ credentials: true, path: true, query: true },
};
const KNOWN_PROTOCOLS = ['grpc', 'http/protobuf', 'http/json'];

/**
 * The variables of the exporter, also those that are given as files. The SDK takes a wrong one in silence and exports nothing.
 * @throws ConfigError that names each wrong one
 */
export function exporterVariables(env: Environment): Partial<Record<string, string>> {
  const given = variablesIn(env, [...ENDPOINTS, ...PROTOCOLS, ...HEADERS]);
  const faults = [
    ...ENDPOINTS.map((name) => [name, endpointFault(given[name])] as const),
    ...PROTOCOLS.map((name) => [name, protocolFault(given[name])] as const),
  ];
  const lines = faults.flatMap(([name, fault]) => (fault === undefined ? [] : [`${name} is wrong: ${fault}`]));
  if (lines.length > 0) throw new ConfigError(lines);
  return given;
}

function endpointFault(url: string | undefined): string | undefined {
  return url === undefined ? undefined : urlFault(url, URL_RULES);
}

function protocolFault(protocol: string | undefined): string | undefined {
  if (protocol === undefined || KNOWN_PROTOCOLS.includes(protocol)) return undefined;
  return `must be one of ${KNOWN_PROTOCOLS.join(', ')}`;
}

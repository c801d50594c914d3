import { Refused, isDeviceId, isToken, type ErrorCode } from '@edgeflow/contracts';
import { Param } from '@nestjs/common';

/** An id in the path. What cannot be one is none of ours, and never gets into a query or a subject: it throws a Refused with the code. */
export const IdParam = (name: string, code: ErrorCode): ParameterDecorator =>
  Param(name, {
    transform: (value: unknown): string => {
      // Devices may be called by more than is a token.
      const isId = name === 'device_id' ? isDeviceId : isToken;
      if (!isId(value)) throw new Refused(code);
      return value;
    },
  });

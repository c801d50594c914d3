import type { INestApplication, Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { Route } from './refuses.js';

/** How an operation is called: by its controller and its method. */
export const operationIdOf = (controller: string, method: string): string => `${controller}_${method}`;

/** The routes of an app by their operations' names. Nest needs to have made no controller for it. */
export function routesOf(app: INestApplication): ReadonlyMap<string, Route> {
  const scanner = new MetadataScanner();
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.controllers.values()]);
  return new Map(
    controllers.flatMap(({ metatype }) => {
      const controller = metatype as Type;
      const prototype = controller.prototype as Record<string, object>;
      const names = scanner.getAllMethodNames(prototype);
      return names.flatMap((name): [string, Route][] => {
        const handler = prototype[name];
        if (!handler || !Reflect.hasMetadata(PATH_METADATA, handler)) return [];
        return [[operationIdOf(controller.name, name), { controller, handler }]];
      });
    }),
  );
}

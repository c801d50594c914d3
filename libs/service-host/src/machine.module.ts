import { Clock, Entropy, Machine } from '@edgeflow/runtime';
import { Module, type DynamicModule } from '@nestjs/common';

/** Provides what a service takes from its machine to the whole app. */
@Module({})
export class MachineModule {
  static of(machine: Machine): DynamicModule {
    const { clock, entropy } = machine;
    return {
      module: MachineModule,
      global: true,
      providers: [
        { provide: Machine, useValue: machine },
        { provide: Clock, useValue: clock },
        { provide: Entropy, useValue: entropy },
      ],
      exports: [Machine, Clock, Entropy],
    };
  }
}

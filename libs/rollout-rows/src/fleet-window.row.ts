import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { MaintenanceWindow } from '@edgeflow/contracts';
import { positionColumn } from '@edgeflow/fold';

/** The maintenance window of a fleet: no rollout tells its devices outside of it. */
@Entity('fleet_window')
export class FleetWindowRow {
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @PrimaryColumn('text', { collation: 'C' })
  fleet!: string;

  @Column('jsonb')
  window!: MaintenanceWindow;

  @Column('bigint', { transformer: positionColumn })
  position!: number;
}

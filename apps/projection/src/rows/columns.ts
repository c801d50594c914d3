import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Column, PrimaryColumn } from 'typeorm';
import { positionColumn, timeColumn } from '@edgeflow/fold';

/** What an answer says of a column besides its type: mostly its description. */
type About = string | ApiPropertyOptions;

const shown = (column: PropertyDecorator, type: object, about: About = {}): PropertyDecorator =>
  applyDecorators(ApiProperty({ ...type, ...(typeof about === 'string' ? { description: about } : about) }), column);

// Columns that answers show; what may be null is so here as there. Collation C: the order of a page is that of the bytes.
export const Id = (about?: About) => shown(PrimaryColumn('text', { collation: 'C' }), {}, about);
export const Text = (about?: About) => shown(Column('text'), {}, about);
export const MaybeText = (about?: About) =>
  shown(Column('text', { nullable: true }), { type: String, nullable: true }, about);
export const Time = (about?: About) =>
  shown(Column('timestamptz', { transformer: timeColumn }), { format: 'date-time' }, about);
export const MaybeTime = (about?: About) =>
  shown(
    Column('timestamptz', { nullable: true, transformer: timeColumn }),
    { type: String, format: 'date-time', nullable: true },
    about,
  );
export const Whole = (about?: About) => shown(Column('integer'), { type: 'integer' }, about);
export const MaybeWhole = (about?: About) =>
  shown(Column('integer', { nullable: true }), { type: 'integer', nullable: true }, about);
export const Flag = (about?: About) => shown(Column('boolean'), {}, about);

/** Whose row it is; answers do not say it. */
export const Org = () => PrimaryColumn('text', { collation: 'C' });
/** The last event that is in the row; answers do not say it. */
export const Position = () => Column('bigint', { transformer: positionColumn });

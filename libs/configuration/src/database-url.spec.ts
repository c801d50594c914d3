import { describe, expect, it } from 'vitest';
import { databasePasswordFault, databaseUrlFault, withPassword } from './database-url.js';

const URL_OF_ALL = 'postgres://edge@db:5432/edge';

describe('the URL of a database', () => {
  it.each([
    URL_OF_ALL,
    'postgresql://edge:p%2Fw%23%3F%25@[::1]/edge%20flow?sslmode=verify-full&application_name=a%20b',
    'postgres://db',
    'postgres://edge@%2Frun%2Fpostgresql/edge',
  ])('may be %s', (url) => {
    expect(databaseUrlFault(url)).toBeUndefined();
  });

  it.each([
    'hunter2',
    'edge:hunter2@db/edge',
    'mysql://edge:hunter2@db/edge',
    'postgres:///hunter2',
    'postgres://edge:hun/ter2@db:5432/edge',
    'postgres://edge:hun#ter2@db:5432/edge',
    'postgres://edge:hun?ter2@db:5432/edge',
    // These parse, as another host with a port, and would be waited for.
    'postgres://edge:12/hunter2@db:5432/edge',
    'postgres://edge:12#hunter2@db:5432/edge',
    'postgres://edge:12?hunter2@db:5432/edge',
    'postgres://edge:hunter2%zz@db/edge',
    'postgres://edge:hunter2@db:65536/edge',
    'postgres://edge:hunter2@/edge',
  ])('is not %s, which is not repeated', (url) => {
    const fault = databaseUrlFault(url);
    expect(fault).toMatch(/^must be a URL like postgres:/);
    expect(fault).not.toMatch(/hun|ter2/);
  });

  it('names files that are there', () => {
    expect(databaseUrlFault(`${URL_OF_ALL}?sslrootcert=/none`)).toMatch(/^its sslrootcert is wrong: .*ENOENT/);
    expect(databaseUrlFault(`${URL_OF_ALL}?sslkey=${import.meta.filename}`)).toMatch(/^its sslkey is wrong: .*PEM/);
  });
});

describe('the password beside it', () => {
  it.each([`/#?%@:'"\\$ &+`, '%41', 'äß漢', ' a '])('may be %j', (password) => {
    const url = new URL(withPassword(URL_OF_ALL, password));
    expect(decodeURIComponent(url.password)).toBe(password);
    expect(url.host).toBe('db:5432');
    expect(databaseUrlFault(url.href)).toBeUndefined();
  });

  it('is the only one', () => {
    expect(databasePasswordFault(URL_OF_ALL)).toBeUndefined();
    expect(databasePasswordFault('postgres://edge:a@db/edge')).toMatch(/^DATABASE_URL has a password too/);
    expect(databasePasswordFault('postgres://edge@db/edge?password=a')).toMatch(/^DATABASE_URL has a password too/);
  });
});

import { modelOfStatement } from '@edgeflow/fold/memory';
import { MemberRow } from '../member.row.js';
import { SHARE_OUT } from '../share-out.js';

/** What `SHARE_OUT` does, in memory. */
export const shareOutModel = modelOfStatement(SHARE_OUT, async (tables, of) => {
  const { org, rollout_id, from, ended, bounds, position } = of;
  const all = await tables.all(MemberRow);
  const tail = all
    .filter((row) => row.org === org && row.rollout_id === rollout_id && row.stage === 'forward' && row.wave >= from)
    .toSorted((a, b) => a.rank - b.rank);
  let waiting = ended;
  for (const row of tail) {
    const place = row.status === 'waiting' ? waiting++ : undefined;
    const later = place === undefined ? 0 : bounds.filter((bound) => bound <= place).length;
    tables.put(MemberRow, { ...row, wave: from + later, position });
  }
});

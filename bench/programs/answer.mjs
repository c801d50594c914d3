/** Has this process answer the commands of its `Helper` (dispatch.fleet.mjs); it goes when its parent goes. */
export function answer(commands) {
  process.on('message', async ({ id, command, args }) => {
    try {
      process.send({ id, result: await commands[command](args) });
    } catch (error) {
      process.send({ id, error: String(error) });
    }
  });
  process.once('disconnect', () => process.exit(0));
  process.send({ ready: true });
}

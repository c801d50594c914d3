# For node:<version>-bookworm-slim: the same Node from npm's package, and npm.
FROM edgeflow-stand-in:base
RUN groupadd -g 1000 node && useradd -u 1000 -g node -m node
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
COPY npmrc /usr/local/etc/npmrc
COPY ca.crt /usr/local/etc/npm-ca.crt
RUN cd /usr/local/bin && ln -s ../lib/node_modules/npm/bin/npm-cli.js npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js npx && chmod 755 npm npx node

# For nats:<version>-alpine.
FROM edgeflow-stand-in:base
RUN ln -sf busybox /usr/bin/wget
COPY nats-server /usr/local/bin/nats-server
COPY nats.sh /usr/local/bin/docker-entrypoint.sh
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["nats-server"]

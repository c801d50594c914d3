# For gcr.io/distroless/cc-debian12:nonroot: the libraries that a C++ program needs, a user, and nothing else.
FROM edgeflow-stand-in:base AS libraries
COPY node /usr/local/bin/node
RUN mkdir -p /lean/etc /lean/tmp /lean/home/nonroot /lean/usr/lib /lean/usr/lib64 \
  && ldd /usr/local/bin/node | grep -o '/[^ ]*' | xargs -I{} cp -L --parents {} /lean \
  && echo 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' > /lean/etc/passwd \
  && echo 'root:x:0:\nnonroot:x:65532:' > /lean/etc/group && chmod 1777 /lean/tmp && chown 65532:65532 /lean/home/nonroot
FROM scratch
COPY --from=libraries /lean /
USER 65532

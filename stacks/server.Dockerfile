# The Resonate server as published, with RDS' certificate authorities. Built on the operator's machine when a deployment
# publishes its images, so that the published image is pulled once, and tasks pull ours from the account's registry.
# AWS adds certificates for new regions, so they are read from AWS at that time, and verified by TLS like any download.
ARG SERVER_IMAGE
FROM ${SERVER_IMAGE}
ADD --chmod=0444 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/rds.pem

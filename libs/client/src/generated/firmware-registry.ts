/* Generated from docs/openapi by `npm run docs`. */

export interface paths {
    "/registry/v1/firmware": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Upload a firmware image
         * @description The fields come before the file, so that an upload that cannot be is refused before the image is sent. A field may be a file part too (`curl -F manifest=@image.jws`); a line end behind its text does not count. The same image for the same version again is answered with 200 and changes nothing but its signature, if that is another.
         */
        post: operations["UploadController_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/registry/v1/firmware/{firmware_id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revoke a firmware
         * @description It is offered to no device any more, of none of the models that share its version and image.
         */
        post: operations["RevocationController_revoke"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/registry/v1/firmware/{firmware_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a firmware that nobody needs
         * @description Its image leaves the store, unless another model has the same one as the same version. The version may be uploaded anew then, as whatever image. Refused while a device runs it, a rollback would lead to it, an update to it is open, or a rollout that has not ended wants it.
         */
        delete: operations["DeletionController_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/registry/v1/retention": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many versions of each model are kept */
        get: operations["RetentionController_read"];
        /**
         * Say how many versions of each model are kept
         * @description Older uploads are deleted, at once and after each upload, but for what a device runs or may go back to, and what an open update or a rollout wants.
         */
        put: operations["RetentionController_change"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/registry/v1/firmware/{firmware_id}/manifest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Sign a firmware again: with another key, or for a longer time */
        put: operations["ManifestController_sign"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/registry/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The keys with which the organization signs its firmware */
        get: operations["KeysController_list"];
        put?: never;
        /**
         * Register the public half of a key that signs firmware
         * @description Each key but the first needs a statement of one that is in force: devices follow no other. Where all are revoked, `first` begins anew.
         */
        post: operations["KeysController_register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/registry/v1/keys/{kid}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Revoke a signing key for good: what it has signed is not offered any more */
        post: operations["KeysController_revoke"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/registry/v1/policy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether firmware must be signed, and what a rollback may do */
        get: operations["PolicyController_read"];
        /** Say whether firmware must be signed, and what a rollback may do */
        put: operations["PolicyController_change"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/registry/v1/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make an API key for a program, e.g. for CI */
        post: operations["ApiKeysController_issue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/registry/v1/api-keys/{key_id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Revoke an API key for good; no service takes it any more within seconds */
        post: operations["ApiKeysController_revoke"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        UploadBody: {
            /** @description Semantic version, without a leading v. */
            version: string;
            /** @description SHA-256 of the file, lower-case hex. */
            sha256: string;
            /** @description Device models that the image is for; the field is repeated, once for each. */
            models: string[];
            /** @description A device on an older version may not take it. */
            min_version?: string;
            /** @description For people. */
            release_notes?: string;
            /** @description The signed manifest, a compact JWS (docs/signing.md); required unless the policy says otherwise. */
            manifest?: string;
            /**
             * Format: binary
             * @description The image, as the last part of the form; its name ends as UPLOAD_EXTENSIONS of the service says (.bin).
             */
            file: string;
        };
        ModelFirmware: {
            /** @description The model of the hardware. */
            model: string;
            /** @description The id of the firmware: a version for a model. */
            firmware_id: string;
        };
        UploadAnswer: {
            /** @description The firmware of the first stated model. */
            firmware_id: string;
            /** @description A version of the firmware (semver 2.0.0). */
            version: string;
            /** @description SHA-256 of the image, in lower-case hex. */
            sha256: string;
            /** @description The size of the image, in bytes. */
            size: number;
            /** @description Where the image is in the object store. */
            key: string;
            /** @description The models that the image is for. */
            models: string[];
            /** @description The firmware of each stated model, in the order of `models`. */
            firmwares: components["schemas"]["ModelFirmware"][];
            /** @description The id of the key that signed it. */
            signed_by?: string;
            /** @description The release counter of its manifest: a device does not go below the highest that it has run. */
            release_counter?: number;
            /** @description Stream sequence of the newest event of this upload: give it to a query as `after`. */
            position: number;
        };
        RevocationBody: {
            /** @description Why, in the words of whoever asked. */
            reason?: string;
        };
        RevocationAnswer: {
            /** @description The id of the firmware: a version for a model. */
            firmware_id: string;
            /** @description Stream sequence of the revocation: give it to a query as `after`. */
            position: number;
        };
        DeletionBody: {
            /** @description Why, in the words of whoever asked. */
            reason?: string;
        };
        DeletionAnswer: {
            /** @description The id of the firmware: a version for a model. */
            firmware_id: string;
            /**
             * @description `requested`: nobody has said yet whether it is needed; it goes as soon as that is known, if it is not.
             * @enum {string}
             */
            status: "deleted" | "requested";
            /** @description Stream sequence: give it to a query as `after` to read your writes. */
            position: number;
        };
        RetentionAnswer: {
            /** @description The newest uploads of each model that stay in any case; without it, or null, all do. */
            keep_last: number | null;
            /** @description Stream sequence: give it to a query as `after` to read your writes. */
            position: number;
        };
        RetentionBody: {
            /** @description The newest uploads of each model that stay in any case; without it, or null, all do. */
            keep_last: number | null;
            /** @description Why, in the words of whoever asked. */
            reason?: string;
        };
        ManifestBody: {
            /** @description Compact JWS, EdDSA (docs/signing.md). */
            manifest: string;
        };
        ManifestAnswer: {
            /** @description The id of the firmware: a version for a model. */
            firmware_id: string;
            /** @description The id of the signing key. */
            signed_by: string;
            /** @description The release counter of its manifest: a device does not go below the highest that it has run. */
            release_counter: number;
            /**
             * Format: date-time
             * @description After this it is not offered.
             */
            manifest_expires_at: string;
            /** @description Stream sequence: give it to a query as `after` to read your writes. */
            position: number;
        };
        SigningKeyJwk: {
            /**
             * @description The kind of key.
             * @enum {string}
             */
            kty: "OKP";
            /**
             * @description The curve of the key.
             * @enum {string}
             */
            crv: "Ed25519";
            /** @description 32 bytes, base64url */
            x: string;
        };
        SigningKeyAnswer: {
            /** @description The id of the signing key. */
            kid: string;
            /** @description A public key as JWK: OKP, Ed25519 (RFC 8037). */
            public_key: components["schemas"]["SigningKeyJwk"];
            /** @description True for what is not accepted any more. */
            revoked: boolean;
        };
        SigningKeysAnswer: {
            /** @description The items of this page. */
            items: components["schemas"]["SigningKeyAnswer"][];
            /** @description Stream sequence: give it to a query as `after` to read your writes. */
            position: number;
        };
        SigningKeyBody: {
            /** @description The id of the signing key. */
            kid: string;
            /** @description A public key as JWK: OKP, Ed25519 (RFC 8037). */
            public_key: components["schemas"]["SigningKeyJwk"];
            /** @description A key statement of a key that is in force (compact JWS, docs/signing.md): devices that know only that one follow it. Each key but the first needs it. */
            statement?: string;
            /**
             * @description A new beginning: no key is in force. Devices that know older ones follow it only when they are enrolled again.
             * @default false
             */
            first?: boolean;
        };
        RegisteredKeyAnswer: {
            /** @description The id of the signing key. */
            kid: string;
            /** @description A public key as JWK: OKP, Ed25519 (RFC 8037). */
            public_key: components["schemas"]["SigningKeyJwk"];
            /** @description True for what is not accepted any more. */
            revoked: boolean;
            /** @description Stream sequence: give it to a query as `after` to read your writes. */
            position: number;
        };
        KeyRevocationBody: {
            /** @description Why, in the words of whoever asked. */
            reason?: string;
        };
        RevokedKeyAnswer: {
            /** @description The id of the signing key. */
            kid: string;
            /** @description Stream sequence: give it to a query as `after` to read your writes. */
            position: number;
        };
        PolicyAnswer: {
            /**
             * @description Whether firmware must be signed.
             * @enum {string}
             */
            signature: "required" | "optional";
            /**
             * @description Whether a rollback may go below the highest release counter.
             * @enum {string}
             */
            rollback: "allowed" | "refused";
            /** @description Stream sequence: give it to a query as `after` to read your writes. */
            position: number;
        };
        PolicyBody: {
            /**
             * @description Whether firmware must be signed.
             * @enum {string}
             */
            signature: "required" | "optional";
            /**
             * @description Whether a rollback may bring a device below the highest release counter that it has run.
             * @default allowed
             * @enum {string}
             */
            rollback?: "allowed" | "refused";
            /** @description Why, in the words of whoever asked. */
            reason?: string;
        };
        ApiKeyBody: {
            /** @description What people call it. */
            name: string;
            /** @description What its holder may do. */
            roles: ("publisher" | "operator" | "viewer" | "auditor")[];
            /**
             * Format: date-time
             * @description At most two years ahead; without it the key does not expire.
             */
            expires_at?: string;
        };
        IssuedApiKeyAnswer: {
            /** @description The id of the API key. */
            key_id: string;
            /** @description The bearer token. It is told this once; the log has its digest only. */
            key: string;
            /** @description What people call it. */
            name: string;
            /** @description What its holder may do. */
            roles: ("publisher" | "operator" | "viewer" | "auditor")[];
            /**
             * Format: date-time
             * @description Until when it is good.
             */
            expires_at?: string;
            /** @description Stream sequence: give it to a query as `after` to read your writes. */
            position: number;
        };
        ApiKeyRevocationBody: {
            /** @description Why, in the words of whoever asked. */
            reason?: string;
        };
        RevokedApiKeyAnswer: {
            /** @description The id of the API key. */
            key_id: string;
            /** @description Stream sequence: give it to a query as `after` to read your writes. */
            position: number;
        };
        /** @description A refusal (RFC 9457). Members beside these are its facts: ids, versions, numbers. */
        Problem: {
            /** @description The URI of the problem: `urn:edgeflow:problem:` and the code. */
            type: string;
            /** @description The code in words. */
            title: string;
            /** @description The HTTP status of the answer. */
            status: number;
            /** @description Why, in words. */
            detail: string;
            /**
             * @description An error code: docs/errors.md.
             * @enum {string}
             */
            code: "invalid-request" | "request-id-mismatch" | "too-many-waves" | "target-too-large" | "version-invalid" | "file-type-invalid" | "field-order" | "file-missing" | "unauthorized" | "claim-mismatch" | "forbidden" | "not-found" | "device-unknown" | "firmware-unknown" | "rollout-unknown" | "wave-unknown" | "update-unknown" | "request-unknown" | "api-key-unknown" | "claim-unknown" | "signing-key-unknown" | "window-unknown" | "event-unknown" | "method-not-allowed" | "request-timeout" | "upload-too-large" | "media-type-unsupported" | "checksum-mismatch" | "signature-required" | "signature-invalid" | "manifest-mismatch" | "manifest-expired" | "version-exists" | "device-exists" | "device-revoked" | "device-not-revoked" | "firmware-revoked" | "firmware-in-use" | "key-not-chained" | "signing-key-exists" | "signing-key-revoked" | "downgrade-refused" | "model-mismatch" | "min-version-not-met" | "device-offline" | "update-in-progress" | "update-ended" | "update-installing" | "window-never-opens" | "already-on-target" | "newer-version" | "no-evidence" | "no-good-version" | "reason-required" | "action-not-allowed" | "not-amendable" | "target-empty" | "version-unknown" | "request-exists" | "conflict" | "too-many-requests" | "internal-error" | "service-unavailable" | "log-unavailable" | "log-full" | "log-diverged" | "storage-unavailable" | "database-unavailable" | "read-model-behind" | "event-invalid" | "subject-invalid" | "key-not-trusted" | "device-removed" | "image-missing" | "image-corrupt" | "came-back-on-old-version" | "came-back-on-another-version" | "unexpected-version" | "reboot-loop" | "reverted" | "unspecified" | "cancelled" | "abandoned" | "rollout-aborted" | "rollout-rolled-back" | "wave-skipped" | "superseded" | "declined" | "postponed-too-long" | "deadline-exceeded";
            /** @description The path of the request. */
            instance: string;
            /** @description The call, as the header `x-request-id` of its answer and the logs of the services name it. */
            http_request_id: string;
            /** @description The request in the log, where the call led to one: `GET /query/v1/requests/{request_id}` has it. */
            request_id?: string;
            /**
             * Format: date-time
             * @description With 401: the time by which tokens are judged. A device whose clock is wrong signs its next token with it.
             */
            server_time?: string;
        } & {
            [key: string]: unknown;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    UploadController_upload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": components["schemas"]["UploadBody"];
            };
        };
        responses: {
            /** @description The image was there already, for all stated models. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadAnswer"];
                };
            };
            /** @description The image is stored, verified and announced. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadAnswer"];
                };
            };
        };
    };
    RevocationController_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the firmware: a version for a model. */
                firmware_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RevocationBody"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevocationAnswer"];
                };
            };
        };
    };
    DeletionController_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the firmware: a version for a model. */
                firmware_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["DeletionBody"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeletionAnswer"];
                };
            };
        };
    };
    RetentionController_read: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RetentionAnswer"];
                };
            };
        };
    };
    RetentionController_change: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RetentionBody"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RetentionAnswer"];
                };
            };
        };
    };
    ManifestController_sign: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the firmware: a version for a model. */
                firmware_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ManifestBody"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ManifestAnswer"];
                };
            };
        };
    };
    KeysController_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SigningKeysAnswer"];
                };
            };
        };
    };
    KeysController_register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SigningKeyBody"];
            };
        };
        responses: {
            /** @description The key was registered already. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegisteredKeyAnswer"];
                };
            };
            /** @description It was made. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegisteredKeyAnswer"];
                };
            };
        };
    };
    KeysController_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the signing key. */
                kid: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["KeyRevocationBody"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevokedKeyAnswer"];
                };
            };
        };
    };
    PolicyController_read: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PolicyAnswer"];
                };
            };
        };
    };
    PolicyController_change: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PolicyBody"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PolicyAnswer"];
                };
            };
        };
    };
    ApiKeysController_issue: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApiKeyBody"];
            };
        };
        responses: {
            /** @description It was made. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedApiKeyAnswer"];
                };
            };
        };
    };
    ApiKeysController_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the API key. */
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ApiKeyRevocationBody"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevokedApiKeyAnswer"];
                };
            };
        };
    };
}

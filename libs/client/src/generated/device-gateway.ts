/* Generated from docs/openapi by `npm run docs`. */

export interface paths {
    "/gateway/v1/claims": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Issues a claim token, with which devices register themselves */
        post: operations["ClaimsController_issue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/v1/claims/{claim_id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Revokes a claim token for good; devices that it let in stay */
        post: operations["ClaimsController_revoke"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/v1/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Registers a device with its public key; by an admin, or by the device with a claim token */
        post: operations["DevicesController_register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/v1/devices/{device_id}/key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Gives a device another key; by an admin, or by the device with a token of the key in force */
        post: operations["DevicesController_rotate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/v1/devices/{device_id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Revokes a device; its tunnel is closed */
        post: operations["DevicesController_revoke"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/gateway/v1/devices/{device_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes a device out of service: its tunnel is closed, its id is free for another one */
        delete: operations["DeviceLifeController_remove"];
        options?: never;
        head?: never;
        /** Changes the fleet, the tags or the model of a device */
        patch: operations["DeviceLifeController_change"];
        trace?: never;
    };
    "/gateway/v1/devices/{device_id}/reinstate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets a revoked device in again, with the key that is in force */
        post: operations["DeviceLifeController_reinstate"];
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
        IssueClaim: {
            /**
             * @description So many devices may register with it.
             * @default 1
             */
            uses?: number;
            /**
             * @description How long it is valid, in seconds.
             * @default 86400
             */
            expires_in_s?: number;
            /** @description For devices of this fleet only; without it, of any. */
            fleet?: string;
            /** @description For devices of this model only; without it, of any. */
            model?: string;
        };
        IssuedClaim: {
            /** @description The id of the claim token. */
            claim_id: string;
            /** @description The claim token. It is told this once; the log has its digest only. */
            token: string;
            /** @description So many devices may register with it. */
            uses: number;
            /**
             * Format: date-time
             * @description Until when it is good.
             */
            expires_at: string;
            /** @description For devices of this fleet only. */
            fleet?: string;
            /** @description For devices of this model only. */
            model?: string;
            /** @description Stream sequence: give it to a query as `after` to read your writes. */
            position: number;
        };
        RevokeClaim: {
            /** @description Why, in the words of whoever asked. */
            reason?: string;
        };
        RevokedClaim: {
            /** @description The id of the claim token. */
            claim_id: string;
            /** @description Stream sequence: give it to a query as `after` to read your writes. */
            position: number;
        };
        PublicKeyBody: {
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
            /** @description The key: 32 bytes in base64url without padding. */
            x: string;
        };
        RegisterDevice: {
            /** @description The id of the device. */
            device_id: string;
            /** @description The model of the hardware. */
            model: string;
            /** @description A group of devices that are managed together. */
            fleet?: string;
            /** @description Words by which devices are chosen. */
            tags?: string[];
            /** @description A public key as JWK: OKP, Ed25519 (RFC 8037). */
            public_key: components["schemas"]["PublicKeyBody"];
        };
        DeviceSigning: {
            /**
             * @description Whether firmware must be signed.
             * @enum {string}
             */
            signature: "required" | "optional";
            /** @description The keys that are good now. */
            keys: components["schemas"]["DeviceSigningKey"][];
        };
        IgnoredTraits: {
            /** @description A group of devices that are managed together. */
            fleet?: string;
            /** @description Words by which devices are chosen. */
            tags?: string[];
        };
        DeviceTraits: {
            /** @description The model of the hardware. */
            model: string;
            /** @description Null for a device of no fleet. */
            fleet: string | null;
            /** @description Words by which devices are chosen. */
            tags: string[];
        };
        RegisteredDevice: {
            /** @description The id of the device. */
            device_id: string;
            /** @description The model of the hardware. */
            model: string;
            /** @description A group of devices that are managed together. */
            fleet?: string;
            /** @description Words by which devices are chosen. */
            tags?: string[];
            /** @description The key that is in force. */
            public_key: components["schemas"]["PublicKeyBody"];
            /** @description The claim token that it registered itself with. */
            claim_id?: string;
            /** @description Who registered it: the subject of a credential. */
            registered_by: string;
            /** @description Stream sequence: give it to a query as `after` to read your writes. */
            position: number;
            /** @description The keys that the firmware of the organization is signed with. */
            signing: components["schemas"]["DeviceSigning"];
            /** @description Of a device that was registered before: what was asked for and is otherwise. It stays as it is. */
            ignored?: components["schemas"]["IgnoredTraits"];
            /** @description What the device is, where something was ignored. */
            in_force?: components["schemas"]["DeviceTraits"];
        };
        RotateKey: {
            /** @description A public key as JWK: OKP, Ed25519 (RFC 8037). */
            public_key: components["schemas"]["PublicKeyBody"];
            /** @description Why, in the words of whoever asked. */
            reason?: string;
        };
        ChangedDevice: {
            /** @description The id of the device. */
            device_id: string;
            /** @description Stream sequence: give it to a query as `after` to read your writes. */
            position: number;
        };
        RevokeDevice: {
            /** @description Why, in the words of whoever asked. */
            reason?: string;
        };
        ChangeDevice: {
            /** @description The model of the hardware. */
            model?: string;
            /** @description Null takes the device out of its fleet. */
            fleet?: string | null;
            /** @description All of its tags from now on. */
            tags?: string[];
            /** @description Why, in the words of whoever asked. */
            reason?: string;
        };
        DeviceNow: {
            /** @description The model of the hardware. */
            model: string;
            /** @description Null for a device of no fleet. */
            fleet: string | null;
            /** @description Words by which devices are chosen. */
            tags: string[];
            /** @description The id of the device. */
            device_id: string;
            /** @description The key that is in force. */
            public_key: components["schemas"]["PublicKeyBody"];
            /** @description Stream sequence: give it to a query as `after` to read your writes. */
            position: number;
        };
        WhyDevice: {
            /** @description Why, in the words of whoever asked. */
            reason?: string;
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
        DeviceSigningKey: {
            /** @description The id of the signing key. */
            kid: string;
            /** @description A public key as JWK: OKP, Ed25519 (RFC 8037). */
            public_key: components["schemas"]["Ed25519PublicKey"];
        };
        Ed25519PublicKey: {
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
            /** @description The key: 32 bytes in base64url without padding. */
            x: string;
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
    ClaimsController_issue: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["IssueClaim"];
            };
        };
        responses: {
            /** @description The claim with its `token`, which is shown this once. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedClaim"];
                };
            };
        };
    };
    ClaimsController_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the claim token. */
                claim_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RevokeClaim"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevokedClaim"];
                };
            };
        };
    };
    DevicesController_register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegisterDevice"];
            };
        };
        responses: {
            /** @description The device was registered already: as it is in force, with what was asked for otherwise. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegisteredDevice"];
                };
            };
            /** @description The device as registered. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegisteredDevice"];
                };
            };
        };
    };
    DevicesController_rotate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the device. */
                device_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RotateKey"];
            };
        };
        responses: {
            /** @description The key before is refused, its tunnel closed. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedDevice"];
                };
            };
        };
    };
    DevicesController_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the device. */
                device_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RevokeDevice"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedDevice"];
                };
            };
        };
    };
    DeviceLifeController_remove: {
        parameters: {
            query?: {
                /** @description Why, in the words of whoever asked. */
                reason?: string;
            };
            header?: never;
            path: {
                /** @description The id of the device. */
                device_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["WhyDevice"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedDevice"];
                };
            };
        };
    };
    DeviceLifeController_change: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the device. */
                device_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeDevice"];
            };
        };
        responses: {
            /** @description The device as it is now; also where it was so before. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceNow"];
                };
            };
        };
    };
    DeviceLifeController_reinstate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the device. */
                device_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["WhyDevice"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedDevice"];
                };
            };
        };
    };
}

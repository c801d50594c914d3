/* Generated from docs/openapi by `npm run docs`. */

export interface paths {
    "/orchestrator/v1/updates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Update one device */
        post: operations["UpdatesController_request"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orchestrator/v1/updates/{update_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take one update back */
        post: operations["CancelController_cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orchestrator/v1/devices/{device_id}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Bring one device back to its last known good version */
        post: operations["DeviceRollbackController_rollback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orchestrator/v1/rollouts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Roll a version out to many devices, or (dry_run) see what that would be */
        post: operations["RolloutsController_request"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orchestrator/v1/rollouts/{rollout_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Have the failed devices try again: all of them, or those of one wave */
        post: operations["RolloutsController_retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orchestrator/v1/rollouts/{rollout_id}/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Wait for a wave no longer: the one that is named, else the one that runs, else the next one */
        post: operations["RolloutsController_skip"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orchestrator/v1/rollouts/{rollout_id}/amend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Change pace, limits, window, deadlines or failure gate of a rollout that runs */
        post: operations["RolloutsController_amend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orchestrator/v1/rollouts/{rollout_id}/{action}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** One of pause, resume, abort, approve, rollback, when the rollout allows it */
        post: operations["RolloutsController_act"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orchestrator/v1/fleets/{fleet}/window": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The maintenance window of a fleet, whether it is open, and when it opens next */
        get: operations["FleetWindowsController_one"];
        /** Set the maintenance window of a fleet: no rollout tells its devices outside of it */
        put: operations["RolloutsController_setWindow"];
        post?: never;
        /** Take the maintenance window of a fleet away */
        delete: operations["RolloutsController_clearWindow"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orchestrator/v1/windows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The maintenance windows of all fleets that have one, by fleet */
        get: operations["FleetWindowsController_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orchestrator/v1/events/aside/{position}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Say that somebody has looked at an event that was set aside; readiness is degraded until then */
        post: operations["AsideController_acknowledge"];
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
        MaintenanceWindow: {
            /** @description When the window opens: minute, hour, day of month, month, day of week. */
            cron: string;
            /** @description How long the window is open, in seconds. */
            duration_s: number;
            /** @description The time zone of the window, an IANA name. */
            time_zone: string;
        };
        UpdateRequestBody: {
            /** @description The id of the device. */
            device_id: string;
            /** @description Semantic version of a registered firmware. */
            version: string;
            /**
             * @description Apply the image even when the device runs the version.
             * @default false
             */
            force?: boolean;
            /**
             * @description What to do while the device is offline.
             * @default reject
             * @enum {string}
             */
            when_offline?: "reject" | "queue";
            /** @description Seconds until the update has failed, from when it can be told first. */
            deadline_s?: number;
            /**
             * Format: date-time
             * @description Not to be told before.
             */
            start_at?: string;
            /** @description To be told only within it. */
            window?: components["schemas"]["MaintenanceWindow"];
            /**
             * @description Do not wait for the maintenance window of its fleet; needs a reason.
             * @default false
             */
            ignore_window?: boolean;
            /** @description Why; it stands in the event. */
            reason?: string;
        };
        UpdateAnswer: {
            /** @description The id of the update. */
            update_id: string;
            /** @description The id of the request in the log, by which `GET /query/v1/requests/{request_id}` says what became of it. */
            request_id: string;
            /** @description Stream sequence of the newest event of this request: give it to a query as `after`. */
            position: number;
            /**
             * @description `requested`: the decision is still open.
             * @enum {string}
             */
            status: "requested" | "queued" | "dispatched" | "skipped";
            /** @description Why it was skipped. */
            detail?: string;
        };
        CancelBody: {
            /** @description Why; it stands in the event. */
            reason?: string;
            /**
             * @description Also while the device installs it: the update is given up, and the device is free for another one.
             * @default false
             */
            force?: boolean;
        };
        CancelAnswer: {
            /** @description The id of the update. */
            update_id: string;
            /** @description The id of the request in the log, by which `GET /query/v1/requests/{request_id}` says what became of it. */
            request_id: string;
            /** @description Stream sequence of the newest event of this request: give it to a query as `after`. */
            position: number;
            /**
             * @description `requested`: the decision is still open. `abandoned`: the device was installing it.
             * @enum {string}
             */
            status: "requested" | "cancelled" | "abandoned";
        };
        ReasonBody: {
            /** @description Why; it stands in the event. */
            reason?: string;
        };
        PlannedWaveAnswer: {
            /** @description The place of the wave, from 0 on. */
            index: number;
            /** @description Devices of the wave. */
            eligible: number;
            /** @description Seconds between the end of the wave and the next one. */
            soak_s: number;
            /** @description Of the finished devices so many percent must have succeeded. */
            success_percent?: number;
        };
        OverlapAnswer: {
            /** @description The id of the rollout. */
            rollout_id: string;
            /** @description A version of the firmware (semver 2.0.0). */
            version: string;
            /** @description In the words of its resource. */
            state: string;
            /** @description Devices that both want. */
            devices: number;
        };
        PlanAnswer: {
            /** @description A version of the firmware (semver 2.0.0). */
            version: string;
            /** @description Devices in all waves together. */
            eligible: number;
            /** @description Devices that are left out, by error code. */
            excluded: {
                [key: string]: number;
            };
            /** @description eligible devices that there is reason to doubt of, by error code, e.g. `key-not-trusted`. */
            warnings: {
                [key: string]: number;
            };
            /** @description Devices that a rollback could not bring back as things stand, by error code; with `failure.action: rollback`. */
            no_way_back?: {
                [key: string]: number;
            };
            /** @description Its waves, in order. */
            waves: components["schemas"]["PlannedWaveAnswer"][];
            /** @description Other rollouts that have some of the devices, which have not ended in them. */
            overlaps: components["schemas"]["OverlapAnswer"][];
        };
        RolloutAnswer: {
            /** @description The id of the rollout. */
            rollout_id: string;
            /** @description The id of the request in the log, by which `GET /query/v1/requests/{request_id}` says what became of it. */
            request_id: string;
            /** @description Stream sequence of the newest event of this request: give it to a query as `after`. */
            position: number;
            /**
             * @description `requested`: the decision is still open.
             * @enum {string}
             */
            status: "requested" | "decided";
            /** @description Of a rollout that was accepted: eligible devices that there is reason to doubt of, by error code, e.g. `key-not-trusted`. */
            warnings?: {
                [key: string]: number;
            };
            /** @description Of a rollout that was accepted: other rollouts that have some of its devices, which have not ended in them. */
            overlaps?: components["schemas"]["OverlapAnswer"][];
            /** @description Devices that a rollback could not bring back as things stand, by error code; with `failure.action: rollback`. */
            no_way_back?: {
                [key: string]: number;
            };
        };
        WaveBody: {
            /** @description Why; it stands in the event. */
            reason?: string;
            /** @description The place of the wave, from 0 on; docs/rollouts.md says which one it is without it. */
            wave?: number;
        };
        AmendBody: {
            /** @description Why; it stands in the event. */
            reason: string;
            /** @description How many devices at a time, and how fast. null takes it away. */
            limits?: components["schemas"]["RolloutLimits"] | null;
            /** @description When devices may be told to update. null takes it away. */
            window?: components["schemas"]["MaintenanceWindow"] | null;
            /** @description Seconds that each phase may last, of devices that are told from now on. null takes it away. */
            deadlines?: components["schemas"]["PhaseDeadlines"] | null;
            /** @description When failures stop the rollout, and what is done then. null takes it away. */
            failure?: components["schemas"]["FailureGate"] | null;
            /** @description Seconds until the update of a device has failed, of devices that are told from now on. */
            deadline_s?: number | null;
            /** @description Devices of a batch, in waves that have not begun. */
            batch_size?: number;
            /** @description The same as a share of all devices, in percent. */
            batch_percent?: number;
            /** @description Seconds between the end of a batch and the next one. */
            pause_between_s?: number | null;
            /** @description Seconds between the end of a canary, or of each wave of a staged rollout, and the next wave. */
            soak_s?: number | null;
        };
        RequestAnswer: {
            /** @description The id of the request in the log, by which `GET /query/v1/requests/{request_id}` says what became of it. */
            request_id: string;
            /** @description Stream sequence of the request: give it to a query as `after`. */
            position: number;
        };
        FleetWindowItem: {
            /** @description A group of devices that are managed together. */
            fleet: string;
            /** @description When the window opens: minute, hour, day of month, month, day of week. */
            cron: string;
            /** @description How long the window is open, in seconds. */
            duration_s: number;
            /** @description The time zone of the window, an IANA name. */
            time_zone: string;
            /** @description True while devices of the fleet may be told. */
            open: boolean;
            /**
             * Format: date-time
             * @description When it closes; null while it is closed.
             */
            closes_at: string | null;
            /**
             * Format: date-time
             * @description When it opens next, after now.
             */
            opens_at: string | null;
        };
        FleetWindowsAnswer: {
            /** @description The items of this page. */
            items: components["schemas"]["FleetWindowItem"][];
            /** @description Null on the last page. */
            next_cursor: string | null;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
        };
        FleetWindowAnswer: {
            /** @description A group of devices that are managed together. */
            fleet: string;
            /** @description When the window opens: minute, hour, day of month, month, day of week. */
            cron: string;
            /** @description How long the window is open, in seconds. */
            duration_s: number;
            /** @description The time zone of the window, an IANA name. */
            time_zone: string;
            /** @description True while devices of the fleet may be told. */
            open: boolean;
            /**
             * Format: date-time
             * @description When it closes; null while it is closed.
             */
            closes_at: string | null;
            /**
             * Format: date-time
             * @description When it opens next, after now.
             */
            opens_at: string | null;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
        };
        AcknowledgedAnswer: {
            /** @description Stream sequence of the acknowledgement: give it to a query as `after`. */
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
        RolloutTarget: {
            /** @description A group of devices that are managed together. */
            fleet?: string;
            /** @description Exactly these devices. */
            devices?: string[];
            /** @description Which devices: those that fit every member. */
            filter?: components["schemas"]["RolloutFilter"];
        };
        RolloutFilter: {
            /** @description The model of the hardware. */
            model?: string;
            /** @description A group of devices that are managed together. */
            fleet?: string;
            /** @description Words by which devices are chosen. */
            tags?: string[];
            /** @description A version of the firmware (semver 2.0.0). */
            version?: string;
            /** @description True for a device that has a tunnel. */
            online?: boolean;
        };
        RolloutStrategy: {
            /**
             * @description How the devices are divided into waves.
             * @enum {string}
             */
            type: "all_at_once" | "rolling" | "canary" | "staged";
            /** @description The devices of one batch. */
            batch_size?: number;
            /** @description The devices of one batch, as a share of all, in percent. */
            batch_percent?: number;
            /** @description Seconds between the end of a batch and the next one. */
            pause_between_s?: number;
            /** @description A share, in percent. */
            percent?: number;
            /** @description A number of devices. */
            count?: number;
            /** @description Seconds between the end of the wave and the next one. */
            soak_s?: number;
            /** @description Of the finished devices so many percent must have succeeded before the next wave. */
            success_percent?: number;
            /** @description How it goes on after the first wave. */
            then?: components["schemas"]["RolloutStrategy"];
            /** @description The waves of a staged rollout, in order. */
            waves?: components["schemas"]["StagedWave"][];
        };
        StagedWave: {
            /** @description A share, in percent. */
            percent?: number;
            /** @description A number of devices. */
            count?: number;
            /** @description Seconds between the end of the wave and the next one. */
            soak_s?: number;
            /** @description Of the finished devices so many percent must have succeeded before the next wave. */
            success_percent?: number;
        };
        FailureGate: {
            /** @description A share, in percent. */
            percent?: number;
            /** @description A number of devices. */
            count?: number;
            /** @description The share of failures counts from so many finished devices on. */
            min_finished?: number;
            /**
             * @description Whether failures are counted in the wave or in the whole rollout.
             * @enum {string}
             */
            per?: "wave" | "rollout";
            /**
             * @description What is asked for, or what a gate does when it is not passed.
             * @enum {string}
             */
            action?: "pause" | "abort" | "rollback";
        };
        RolloutLimits: {
            /** @description Devices that may be updating at a time. */
            max_in_flight?: number;
            /** @description Devices that may be told within any 60 seconds. */
            max_per_minute?: number;
        };
        RetryPolicy: {
            /** @description Further tries after the first one. */
            attempts: number;
            /** @description Before the first further try, in seconds; doubled before each one after it. */
            backoff_s: number;
        };
        PhaseDeadlines: {
            /** @description Seconds that a device may be offline or busy while its wave could take it. */
            waiting_s?: number;
            /** @description Seconds that the download may take. */
            downloading_s?: number;
            /** @description Seconds that the check of the image may take. */
            verifying_s?: number;
            /** @description Seconds that the installation may take. */
            installing_s?: number;
            /** @description Seconds that the reboot may take. */
            rebooting_s?: number;
        };
        RolloutBody: {
            /** @description Why; it stands in the events. */
            reason?: string;
            /** @description A version of the firmware (semver 2.0.0). */
            version: string;
            /** @description Which devices: exactly one of the members. */
            target: components["schemas"]["RolloutTarget"];
            /** @description In which waves the devices are told. */
            strategy: components["schemas"]["RolloutStrategy"];
            /** @description When failures stop the rollout, and what is done then. */
            failure?: components["schemas"]["FailureGate"];
            /**
             * @description The devices of now, or those too that come to fit later.
             * @enum {string}
             */
            membership?: "snapshot" | "continuous";
            /**
             * @description Whose word it waits for: nobody’s, one at the start, or one before every wave.
             * @enum {string}
             */
            approval?: "none" | "start" | "every_wave";
            /** @description It does not start before. */
            start_at?: string;
            /** @description When devices may be told to update. */
            window?: components["schemas"]["MaintenanceWindow"];
            /** @description How many devices at a time, and how fast. */
            limits?: components["schemas"]["RolloutLimits"];
            /** @description How often failed devices are tried again. */
            retry?: components["schemas"]["RetryPolicy"];
            /** @description Seconds from the moment a device is told until its update has failed; one day without it. */
            deadline_s?: number;
            /** @description Seconds that a device may be in each phase. */
            deadlines?: components["schemas"]["PhaseDeadlines"];
            /** @description Apply the image even where the device runs the version. */
            force?: boolean;
            /** @description Of two rollouts that want the same device the higher one has it first; 0 without it. */
            priority?: number;
        };
    };
    responses: never;
    parameters: {
        /** @description The same key is the same request, however often it is sent. */
        IdempotencyKey: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    UpdatesController_request: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key is the same request, however often it is sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateRequestBody"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UpdateAnswer"];
                };
            };
        };
    };
    CancelController_cancel: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key is the same request, however often it is sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The id of the update. */
                update_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["CancelBody"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CancelAnswer"];
                };
            };
        };
    };
    DeviceRollbackController_rollback: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key is the same request, however often it is sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The id of the device. */
                device_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReasonBody"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UpdateAnswer"];
                };
            };
        };
    };
    RolloutsController_request: {
        parameters: {
            query?: {
                /** @description `true`: answer with the plan and start nothing. */
                dry_run?: "true" | "false";
            };
            header?: {
                /** @description The same key is the same request, however often it is sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description docs/rollouts.md has every member, range and default. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["RolloutBody"];
            };
        };
        responses: {
            /** @description The plan of a dry run. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanAnswer"];
                };
            };
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolloutAnswer"];
                };
            };
        };
    };
    RolloutsController_retry: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key is the same request, however often it is sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The id of the rollout. */
                rollout_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["WaveBody"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolloutAnswer"];
                };
            };
        };
    };
    RolloutsController_skip: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key is the same request, however often it is sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The id of the rollout. */
                rollout_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WaveBody"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolloutAnswer"];
                };
            };
        };
    };
    RolloutsController_amend: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key is the same request, however often it is sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The id of the rollout. */
                rollout_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AmendBody"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolloutAnswer"];
                };
            };
        };
    };
    RolloutsController_act: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key is the same request, however often it is sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The id of the rollout. */
                rollout_id: string;
                /** @description What the rollout shall do. */
                action: "pause" | "resume" | "abort" | "approve" | "rollback";
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReasonBody"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolloutAnswer"];
                };
            };
        };
    };
    FleetWindowsController_one: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits until it has this position. */
                after?: number;
            };
            header?: never;
            path: {
                /** @description A group of devices that are managed together. */
                fleet: string;
            };
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
                    "application/json": components["schemas"]["FleetWindowAnswer"];
                };
            };
        };
    };
    RolloutsController_setWindow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A group of devices that are managed together. */
                fleet: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MaintenanceWindow"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestAnswer"];
                };
            };
        };
    };
    RolloutsController_clearWindow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A group of devices that are managed together. */
                fleet: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestAnswer"];
                };
            };
        };
    };
    FleetWindowsController_list: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits until it has this position. */
                after?: number;
                /** @description The most items of a page. */
                limit?: number;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
            };
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
                    "application/json": components["schemas"]["FleetWindowsAnswer"];
                };
            };
        };
    };
    AsideController_acknowledge: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Stream sequence of the event that was set aside. */
                position: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReasonBody"];
            };
        };
        responses: {
            /** @description It was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcknowledgedAnswer"];
                };
            };
        };
    };
}

/* Generated from docs/openapi by `npm run docs`. */

export interface paths {
    "/query/v1/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List devices, ordered by device_id */
        get: operations["DevicesController_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/query/v1/devices/{device_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One device */
        get: operations["DevicesController_one"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/query/v1/devices/{device_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The events of one device and the requests aimed at it */
        get: operations["TimelineController_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/query/v1/rollouts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List rollouts, the newest first
         * @description Rejected requests are listed too. `waiting_for` says nothing of single devices here: one rollout by itself does.
         */
        get: operations["RolloutsController_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/query/v1/rollouts/{rollout_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One rollout
         * @description One that was asked for and has no answer yet has the state `requested` and waits for a `decision`.
         */
        get: operations["RolloutsController_one"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/query/v1/rollouts/{rollout_id}/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The devices of one rollout, in its order; with `status=excluded` those that were left out */
        get: operations["RolloutDevicesController_devices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/query/v1/rollouts/{rollout_id}/failures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The failures of one rollout, grouped by code */
        get: operations["RolloutDevicesController_failures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/query/v1/rollouts/{rollout_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The events of one rollout and the requests aimed at it
         * @description Lists of devices are counts here (`device_count`, `excluded_count`); the devices are a list of their own.
         */
        get: operations["RolloutTimelineController_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/query/v1/rollouts/{rollout_id}/why": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The chain of events that led one rollout to where it is, newest first */
        get: operations["WhyController_ofRollout"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/query/v1/devices/{device_id}/why": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The chain of events that led one device to where its newest update is, newest first
         * @description It goes on in the timeline of the rollout that told the device, back to the request for that. `waiting_for` says since when it is silent.
         */
        get: operations["WhyController_ofDevice"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/query/v1/firmware": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List firmware, the newest first */
        get: operations["FirmwareController_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/query/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who did what, from where, why, and with which outcome */
        get: operations["AuditController_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/query/v1/audit/head": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The end of the audit trail, to be kept elsewhere */
        get: operations["AuditController_head"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/query/v1/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The API keys of the organization, and when each was used last */
        get: operations["AccessController_apiKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/query/v1/claims": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The claim tokens of the organization, and how often each was used */
        get: operations["AccessController_claims"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/query/v1/requests/{request_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What became of one request, by HTTP or by NATS
         * @description A request that was refused since there were too many is not here: it was told so on NATS.
         */
        get: operations["RequestsController_one"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/query/v1/events/aside": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The events of the organization that were set aside since they could not be read or folded
         * @description The read models went on without them. `POST /orchestrator/v1/events/aside/{position}/acknowledge` says that somebody has looked.
         */
        get: operations["AsideController_list"];
        put?: never;
        post?: never;
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
        FailureAnswer: {
            /** @description An error code: docs/errors.md. */
            code: string;
            /** @description Why, in words. */
            detail: string;
        };
        PostponedAnswer: {
            /**
             * Format: date-time
             * @description The device is not told again before.
             */
            until: string;
            /** @description In the words of whoever put it off. */
            reason: string | null;
        };
        Device: {
            /** @description The id of the device. */
            device_id: string;
            /** @description What the device reported last. */
            current_version: string | null;
            /** @description What the newest update is to install. */
            target_version: string | null;
            /**
             * @description Where the device is with its newest update.
             * @enum {string}
             */
            ota_status: "idle" | "updating" | "completed" | "failed";
            /** @description How far the phase has come, in percent. */
            progress: number;
            /**
             * Format: date-time
             * @description When the OTA state changed last; null before the first update.
             */
            last_update_at: string | null;
            /**
             * @description What the device does now, or did when the update failed.
             * @enum {string|null}
             */
            phase: "downloading" | "verifying" | "installing" | "rebooting" | null;
            /** @description Why the newest update failed; null when it did not. */
            failure: components["schemas"]["FailureAnswer"] | null;
            /** @description Until when somebody there has put its update off, and why; null when nobody has. */
            postponed: components["schemas"]["PostponedAnswer"] | null;
            /** @description The newest update; null before the first. */
            update_id: string | null;
            /** @description 1, 2, 3 … per device. */
            update_number: number | null;
            /** @description The rollout that wanted the newest update, if one did. */
            rollout_id: string | null;
            /** @description Who asked for the newest update, or for its rollout. */
            requested_by: string | null;
            /** @description Who sent the request for it: the source of a team’s event, or `http:` and the caller. */
            source: string | null;
            /** @description What it ran before: where a rollback leads. */
            previous_version: string | null;
            /** @description The model of the hardware. */
            model: string;
            /** @description A group of devices that are managed together. */
            fleet: string | null;
            /** @description Words by which devices are chosen. */
            tags: string[];
            /** @description True for a device that has a tunnel. */
            online: boolean;
            /** @description Another boot id means that the device rebooted. */
            boot_id: string | null;
            /**
             * Format: date-time
             * @description Its newest connect, goodbye or report.
             */
            last_seen_at: string | null;
            /**
             * Format: date-time
             * @description When it was registered first.
             */
            registered_at: string;
            /** @description A revoked device may not connect. */
            revoked: boolean;
            /** @description False while its boot loader may still take back what it runs. */
            confirmed: boolean;
            /** @description True while no update is open and it runs something else than its newest update was to install. */
            drifted: boolean;
            /** @description How often it was told to install its target version, in all rollouts and by itself; null without one. */
            attempts_on_version: number | null;
        };
        DevicesAnswer: {
            /** @description Null on the last page. */
            next_cursor: string | null;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
            /** @description The items of this page. */
            items: components["schemas"]["Device"][];
        };
        DeviceAnswer: {
            /** @description The id of the device. */
            device_id: string;
            /** @description What the device reported last. */
            current_version: string | null;
            /** @description What the newest update is to install. */
            target_version: string | null;
            /**
             * @description Where the device is with its newest update.
             * @enum {string}
             */
            ota_status: "idle" | "updating" | "completed" | "failed";
            /** @description How far the phase has come, in percent. */
            progress: number;
            /**
             * Format: date-time
             * @description When the OTA state changed last; null before the first update.
             */
            last_update_at: string | null;
            /**
             * @description What the device does now, or did when the update failed.
             * @enum {string|null}
             */
            phase: "downloading" | "verifying" | "installing" | "rebooting" | null;
            /** @description Why the newest update failed; null when it did not. */
            failure: components["schemas"]["FailureAnswer"] | null;
            /** @description Until when somebody there has put its update off, and why; null when nobody has. */
            postponed: components["schemas"]["PostponedAnswer"] | null;
            /** @description The newest update; null before the first. */
            update_id: string | null;
            /** @description 1, 2, 3 … per device. */
            update_number: number | null;
            /** @description The rollout that wanted the newest update, if one did. */
            rollout_id: string | null;
            /** @description Who asked for the newest update, or for its rollout. */
            requested_by: string | null;
            /** @description Who sent the request for it: the source of a team’s event, or `http:` and the caller. */
            source: string | null;
            /** @description What it ran before: where a rollback leads. */
            previous_version: string | null;
            /** @description The model of the hardware. */
            model: string;
            /** @description A group of devices that are managed together. */
            fleet: string | null;
            /** @description Words by which devices are chosen. */
            tags: string[];
            /** @description True for a device that has a tunnel. */
            online: boolean;
            /** @description Another boot id means that the device rebooted. */
            boot_id: string | null;
            /**
             * Format: date-time
             * @description Its newest connect, goodbye or report.
             */
            last_seen_at: string | null;
            /**
             * Format: date-time
             * @description When it was registered first.
             */
            registered_at: string;
            /** @description A revoked device may not connect. */
            revoked: boolean;
            /** @description False while its boot loader may still take back what it runs. */
            confirmed: boolean;
            /** @description True while no update is open and it runs something else than its newest update was to install. */
            drifted: boolean;
            /** @description How often it was told to install its target version, in all rollouts and by itself; null without one. */
            attempts_on_version: number | null;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
        };
        TimelineItem: {
            /** @description Stream sequence. */
            position: number;
            /** @description The id of the event. */
            id: string;
            /**
             * @description The name of the event.
             * @enum {string}
             */
            type: "UpdateRequested" | "UpdateCancelRequested" | "RolloutRequested" | "RolloutPauseRequested" | "RolloutResumeRequested" | "RolloutAbortRequested" | "RolloutApproveRequested" | "RolloutRetryRequested" | "RolloutSkipRequested" | "RolloutAmendRequested" | "RollbackRequested" | "FleetWindowRequested" | "FleetWindowChanged" | "FirmwareUseCounted" | "RequestRefused" | "FirmwareUploaded" | "FirmwareSigned" | "FirmwareRevoked" | "FirmwareDeletionProposed" | "FirmwareDeleted" | "RolloutAccepted" | "RolloutRejected" | "RolloutDevicesPlanned" | "RolloutStarted" | "RolloutApproved" | "WaveStarted" | "WaveCompleted" | "RolloutPaused" | "RolloutResumed" | "RolloutRetried" | "WaveSkipped" | "RolloutAmended" | "RolloutAborted" | "RolloutCompleted" | "RollbackTriggered" | "RollbackCompleted" | "RolloutActionRefused" | "UpdateQueued" | "UpdateRescheduled" | "UpdateDispatched" | "UpdatePostponed" | "UpdateSkipped" | "UpdateRejected" | "UpdateCompleted" | "UpdateFailed" | "UpdateReverted" | "UpdateCancelled" | "UpdateCancelRefused" | "DeadlineReached" | "DeviceRegistered" | "DeviceKeyRotated" | "DeviceRevoked" | "DeviceReinstated" | "DeviceChanged" | "DeviceRemoved" | "DeviceConnected" | "DeviceDisconnected" | "DeviceVersionReported" | "DeviceProgressReported" | "DeviceUpdateReported" | "DeviceUpdatePostponed" | "DeviceRefused" | "SigningKeyRegistered" | "SigningKeyRevoked" | "SigningPolicyChanged" | "FirmwareRetentionChanged" | "ClaimIssued" | "ClaimUsed" | "ClaimRevoked" | "ApiKeyIssued" | "ApiKeyRevoked" | "ApiKeyUsed" | "ActionRecorded" | "SetAsideAcknowledged";
            /**
             * Format: date-time
             * @description When it happened.
             */
            time: string;
            /** @description As the event catalogue says for the type. */
            data: {
                [key: string]: unknown;
            };
            /** @description Who wrote it, a service; of a request, who sent it: the source of a team’s event, or `http:` and the caller. */
            source: string;
            /** @description The id of the first event of the chain. */
            correlation_id: string;
            /** @description The id of the event that directly led to this one. */
            causation_id: string | null;
        };
        TimelineAnswer: {
            /** @description Null on the last page. */
            next_cursor: string | null;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
            /** @description The items of this page. */
            items: components["schemas"]["TimelineItem"][];
        };
        WaveAnswer: {
            /** @description The place of the wave, from 0 on. */
            index: number;
            /**
             * @description Where it is.
             * @enum {string}
             */
            state: "pending" | "running" | "soaking" | "completed" | "cancelled" | "skipped";
            /** @description Devices that can take the version. */
            eligible: number;
            /** @description Devices that wait. */
            queued: number;
            /** @description Devices that are updating. */
            in_flight: number;
            /** @description Devices that run the version. */
            succeeded: number;
            /** @description Devices whose update failed. */
            failed: number;
            /** @description Devices that were withdrawn before they ended. */
            cancelled: number;
            /** @description Devices that needed no update. */
            skipped: number;
            /** @description Of the skipped and the cancelled devices those that a later rollout, update or rollback has taken over. */
            superseded: number;
            /** @description Devices where somebody wants the update later; they are in flight, and take no place. */
            postponed: number;
            /** @description Devices where somebody did not want the update; they are among the cancelled. */
            declined: number;
            /** @description Devices that had succeeded and did not keep the version. */
            reverted: number;
            /** @description Of the eligible devices so many have ended. */
            percent: number;
            /** @description Seconds between its end and the next wave. */
            soak_s: number;
            /** @description Of the finished devices so many percent must have succeeded before the next wave. */
            success_percent: number | null;
            /**
             * Format: date-time
             * @description When its first device could be told.
             */
            started_at: string | null;
            /**
             * Format: date-time
             * @description When its last device ended.
             */
            completed_at: string | null;
            /** @description What a gate decided, with every number that it was made from. */
            gate: components["schemas"]["GateDecision"] | null;
        };
        RollbackAnswer: {
            /**
             * @description Who brought it about: an operator, or a gate. `operator` where neither did, with nobody named: `reason` says what did.
             * @enum {string}
             */
            cause: "operator" | "gate";
            /**
             * Format: date-time
             * @description When the way back began.
             */
            triggered_at: string;
            /** @description What the operator said. */
            reason: string | null;
            /** @description What a gate decided, with every number that it was made from. */
            gate: components["schemas"]["GateDecision"] | null;
            /** @description Of its devices so many have ended their way back. */
            percent: number;
            /** @description Its waves, in order. */
            waves: components["schemas"]["WaveAnswer"][];
            /** @description Devices that had no version to go back to, by error code. */
            unavailable: {
                [key: string]: number;
            };
            /** @description Devices that the rollout moved and that are not back, revoked ones aside. */
            incomplete: number;
            /** @description Devices that are not back, by error code. */
            codes: {
                [key: string]: number;
            };
            /** @description Devices that were left where they are since they were revoked; `retry` looks at them again. */
            revoked: number;
        };
        RolloutItem: {
            /** @description The id of the rollout. */
            rollout_id: string;
            /** @description Null when the request cannot be read. */
            version: string | null;
            /**
             * @description Where it is.
             * @enum {string}
             */
            state: "scheduled" | "awaiting_approval" | "running" | "paused" | "completed" | "aborted" | "rolling_back" | "rolled_back" | "rollback_incomplete" | "rejected" | "requested";
            /** @description As it was asked for; null when the request cannot be read. */
            strategy: components["schemas"]["RolloutStrategy"] | null;
            /** @description Of the eligible devices so many have ended, rounded down. */
            percent: number;
            /** @description Devices that can take the version. */
            eligible: number;
            /** @description Devices of the target that are not eligible, by error code. */
            excluded: {
                [key: string]: number;
            };
            /** @description Its waves, in order. */
            waves: components["schemas"]["WaveAnswer"][];
            /** @description What an operator may ask of it now. */
            allowed_actions: ("pause" | "resume" | "abort" | "approve" | "retry" | "rollback" | "skip" | "amend")[];
            /** @description Everything that it waits for now, each with its numbers. */
            waiting_for: ({
                /** @description Why, in the words of whoever asked. */
                reason: string;
            } & {
                [key: string]: unknown;
            })[];
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
            /** @description Devices that run the version. */
            succeeded: number;
            /** @description Devices whose update failed. */
            failed: number;
            /** @description Devices that had succeeded and did not keep the version. */
            reverted: number;
            /** @description Eligible devices that there is reason to doubt of, by error code, e.g. `key-not-trusted`. */
            warnings: {
                [key: string]: number;
            };
            /** @description Devices that a rollback could not bring back, as things stood when they were planned, by error code; null where no failure rolls back. */
            no_way_back: {
                [key: string]: number;
            } | null;
            /** @description The way back of the rollout; null when there is none. */
            rollback: components["schemas"]["RollbackAnswer"] | null;
            /** @description The request that it was asked for by. */
            request_id: string | null;
            /** @description Who asked for it. */
            requested_by: string | null;
            /** @description Who sent the request: the source of a team’s event, or `http:` and the caller. */
            source: string | null;
            /**
             * Format: date-time
             * @description When the plan was made.
             */
            accepted_at: string | null;
            /** @description Other rollouts that had some of its devices when it was planned. */
            overlaps: components["schemas"]["RolloutOverlap"][];
            /** @description Later rollouts that have taken over devices of this one. */
            superseded_by: string[];
            /**
             * Format: date-time
             * @description When it was rejected.
             */
            rejected_at: string | null;
            /** @description Why it was rejected: an error code. */
            code: string | null;
            /** @description Why it was rejected, in words. */
            detail: string | null;
        };
        RolloutsAnswer: {
            /** @description Null on the last page. */
            next_cursor: string | null;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
            /** @description The items of this page. */
            items: components["schemas"]["RolloutItem"][];
        };
        RolloutAnswer: {
            /** @description The id of the rollout. */
            rollout_id: string;
            /** @description Null when the request cannot be read. */
            version: string | null;
            /**
             * @description Where it is.
             * @enum {string}
             */
            state: "scheduled" | "awaiting_approval" | "running" | "paused" | "completed" | "aborted" | "rolling_back" | "rolled_back" | "rollback_incomplete" | "rejected" | "requested";
            /** @description As it was asked for; null when the request cannot be read. */
            strategy: components["schemas"]["RolloutStrategy"] | null;
            /** @description Of the eligible devices so many have ended, rounded down. */
            percent: number;
            /** @description Devices that can take the version. */
            eligible: number;
            /** @description Devices of the target that are not eligible, by error code. */
            excluded: {
                [key: string]: number;
            };
            /** @description Its waves, in order. */
            waves: components["schemas"]["WaveAnswer"][];
            /** @description What an operator may ask of it now. */
            allowed_actions: ("pause" | "resume" | "abort" | "approve" | "retry" | "rollback" | "skip" | "amend")[];
            /** @description Everything that it waits for now, each with its numbers. */
            waiting_for: ({
                /** @description Why, in the words of whoever asked. */
                reason: string;
            } & {
                [key: string]: unknown;
            })[];
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
            /** @description Devices that run the version. */
            succeeded: number;
            /** @description Devices whose update failed. */
            failed: number;
            /** @description Devices that had succeeded and did not keep the version. */
            reverted: number;
            /** @description Eligible devices that there is reason to doubt of, by error code, e.g. `key-not-trusted`. */
            warnings: {
                [key: string]: number;
            };
            /** @description Devices that a rollback could not bring back, as things stood when they were planned, by error code; null where no failure rolls back. */
            no_way_back: {
                [key: string]: number;
            } | null;
            /** @description The way back of the rollout; null when there is none. */
            rollback: components["schemas"]["RollbackAnswer"] | null;
            /** @description As it was asked for; null when the request cannot be read. */
            spec: components["schemas"]["RolloutSpec"] | null;
            /** @description The request that it was asked for by. */
            request_id: string | null;
            /** @description Who asked for it. */
            requested_by: string | null;
            /** @description Who sent the request: the source of a team’s event, or `http:` and the caller. */
            source: string | null;
            /**
             * Format: date-time
             * @description When the plan was made.
             */
            accepted_at: string | null;
            /** @description Other rollouts that had some of its devices when it was planned. */
            overlaps: components["schemas"]["RolloutOverlap"][];
            /** @description Later rollouts that have taken over devices of this one. */
            superseded_by: string[];
            /**
             * Format: date-time
             * @description When it was rejected.
             */
            rejected_at: string | null;
            /** @description Why it was rejected: an error code. */
            code: string | null;
            /** @description Why it was rejected, in words. */
            detail: string | null;
        };
        RolloutDevice: {
            /** @description The id of the device. */
            device_id: string;
            /** @description Null for one that is left out. */
            wave: number | null;
            /**
             * @description `rollback`: the way back.
             * @enum {string}
             */
            stage: "forward" | "rollback";
            /**
             * @description How far it has come.
             * @enum {string}
             */
            status: "queued" | "in_flight" | "succeeded" | "failed" | "cancelled" | "skipped" | "excluded";
            /** @description What it is to run. */
            version: string | null;
            /** @description What it ran when it was told last; or at an earlier try, where it ran the version by then. */
            from_version: string | null;
            /** @description Tries so far. */
            attempt: number;
            /** @description The id of the update. */
            update_id: string | null;
            /** @description How often it was told this version, in all rollouts and by itself; null for one that is left out. */
            attempts_on_version: number | null;
            /** @description Why it failed last, was cancelled, skipped or left out. */
            code: string | null;
            /** @description Why, in words. */
            detail: string | null;
            /** @description True when it did not keep the version that it had come to last. */
            reverted: boolean;
            /**
             * Format: date-time
             * @description Not tried again before.
             */
            not_before: string | null;
            /**
             * Format: date-time
             * @description When the status changed last.
             */
            changed_at: string | null;
            /**
             * @description What the device does, while it is in flight.
             * @enum {string|null}
             */
            phase: "downloading" | "verifying" | "installing" | "rebooting" | null;
            /** @description While it is in flight. */
            progress: number | null;
        };
        RolloutDevicesAnswer: {
            /** @description Null on the last page. */
            next_cursor: string | null;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
            /** @description The items of this page. */
            items: components["schemas"]["RolloutDevice"][];
        };
        FailureGroup: {
            /** @description An error code, or the code that the devices gave. */
            code: string;
            /** @description So many devices. */
            devices: number;
            /** @description The waves that they are in; none for those that cannot go back. */
            waves: number[];
            /** @description Five at most. */
            example_device_ids: string[];
            /** @description What the first of them said. */
            example_detail: string | null;
            /** @description The most often that one of them was told its version, in all rollouts and by itself. */
            attempts_on_version: number;
            /**
             * @description `rollback`: they could not be brought back.
             * @enum {string}
             */
            stage: "forward" | "rollback";
        };
        FailuresAnswer: {
            /** @description Null on the last page. */
            next_cursor: string | null;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
            /** @description Most devices first, 100 codes at most. */
            items: components["schemas"]["FailureGroup"][];
        };
        WhyItem: {
            /** @description Stream sequence. */
            position: number;
            /** @description The id of the event. */
            id: string;
            /**
             * @description The name of the event.
             * @enum {string}
             */
            type: "UpdateRequested" | "UpdateCancelRequested" | "RolloutRequested" | "RolloutPauseRequested" | "RolloutResumeRequested" | "RolloutAbortRequested" | "RolloutApproveRequested" | "RolloutRetryRequested" | "RolloutSkipRequested" | "RolloutAmendRequested" | "RollbackRequested" | "FleetWindowRequested" | "FleetWindowChanged" | "FirmwareUseCounted" | "RequestRefused" | "FirmwareUploaded" | "FirmwareSigned" | "FirmwareRevoked" | "FirmwareDeletionProposed" | "FirmwareDeleted" | "RolloutAccepted" | "RolloutRejected" | "RolloutDevicesPlanned" | "RolloutStarted" | "RolloutApproved" | "WaveStarted" | "WaveCompleted" | "RolloutPaused" | "RolloutResumed" | "RolloutRetried" | "WaveSkipped" | "RolloutAmended" | "RolloutAborted" | "RolloutCompleted" | "RollbackTriggered" | "RollbackCompleted" | "RolloutActionRefused" | "UpdateQueued" | "UpdateRescheduled" | "UpdateDispatched" | "UpdatePostponed" | "UpdateSkipped" | "UpdateRejected" | "UpdateCompleted" | "UpdateFailed" | "UpdateReverted" | "UpdateCancelled" | "UpdateCancelRefused" | "DeadlineReached" | "DeviceRegistered" | "DeviceKeyRotated" | "DeviceRevoked" | "DeviceReinstated" | "DeviceChanged" | "DeviceRemoved" | "DeviceConnected" | "DeviceDisconnected" | "DeviceVersionReported" | "DeviceProgressReported" | "DeviceUpdateReported" | "DeviceUpdatePostponed" | "DeviceRefused" | "SigningKeyRegistered" | "SigningKeyRevoked" | "SigningPolicyChanged" | "FirmwareRetentionChanged" | "ClaimIssued" | "ClaimUsed" | "ClaimRevoked" | "ApiKeyIssued" | "ApiKeyRevoked" | "ApiKeyUsed" | "ActionRecorded" | "SetAsideAcknowledged";
            /**
             * Format: date-time
             * @description When it happened.
             */
            time: string;
            /** @description As the event catalogue says for the type. */
            data: {
                [key: string]: unknown;
            };
            /** @description Who wrote it, a service; of a request, who sent it: the source of a team’s event, or `http:` and the caller. */
            source: string;
            /** @description The id of the first event of the chain. */
            correlation_id: string;
            /** @description The id of the event that directly led to this one. */
            causation_id: string | null;
            /** @description What happened, in one sentence. */
            text: string;
        };
        WhyAside: {
            /** @description Stream sequence. */
            position: number;
            /** @description The subject of the event in the log. */
            subject: string;
            /** @description What kind of thing it is of. */
            entity: string;
            /** @description The id of that thing. */
            entity_id: string;
            /** @description The name of the event. */
            type: string;
            /** @description Why: an error code, or `handler-failed`. */
            code: string;
            /** @description Why, in the words of whoever asked. */
            reason: string;
            /**
             * Format: date-time
             * @description When it happened.
             */
            time: string;
            /**
             * Format: date-time
             * @description When somebody said that they have looked.
             */
            acknowledged_at: string | null;
            /** @description Who said that they have looked: the subject of a credential. */
            acknowledged_by: string | null;
            /** @description What that means, in one sentence. */
            text: string;
        };
        WhyAnswer: {
            /** @description Null on the last page. */
            next_cursor: string | null;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
            /** @description The items of this page. */
            items: components["schemas"]["WhyItem"][];
            /** @description False when events in the middle of a long chain are left out: `events` has them all. */
            complete: boolean;
            /** @description Events of it that were set aside, newest first: no part of the chain. */
            set_aside: components["schemas"]["WhyAside"][];
        };
        DeviceWaitItem: {
            /**
             * @description What it is.
             * @enum {string}
             */
            reason: "device_offline" | "device_working" | "postponed" | "start_time" | "window" | "fleet_window" | "window_never_opens" | "rollout";
            /** @description What that means, in one sentence. */
            text: string;
            /**
             * Format: date-time
             * @description Since when.
             */
            since?: string;
            /**
             * Format: date-time
             * @description When it said something last.
             */
            last_word_at?: string | null;
            /**
             * @description What it does, as it says.
             * @enum {string|null}
             */
            phase?: "downloading" | "verifying" | "installing" | "rebooting" | null;
            /**
             * Format: date-time
             * @description When the update has failed, if nothing is heard until then.
             */
            deadline_at?: string;
            /**
             * Format: date-time
             * @description Until when somebody at the device has put the update off; before when a rollout does not tell it, null where that alone does not keep it.
             */
            until?: string | null;
            /** @description Why somebody has put it off, in their words. */
            detail?: string | null;
            /**
             * Format: date-time
             * @description Not to be told before.
             */
            at?: string;
            /**
             * Format: date-time
             * @description When the window opens.
             */
            opens_at?: string | null;
            /** @description The rollout that has the device and has not told it. */
            rollout_id?: string;
            /**
             * @description Whether it is on the way out or back in that.
             * @enum {string}
             */
            stage?: "forward" | "rollback";
            /** @description Its wave there. */
            wave?: number;
            /** @description What it is to be told of. */
            version?: string;
            /**
             * @description The state of the rollout.
             * @enum {string}
             */
            state?: "scheduled" | "awaiting_approval" | "running" | "paused" | "completed" | "aborted" | "rolling_back" | "rolled_back" | "rollback_incomplete" | "rejected";
            /** @description An error code: why it has failed there before; with `window_never_opens`, what a request for that is refused with. */
            code?: string | null;
            /** @description Everything that the rollout waits for, as `waiting_for` of the rollout has it. */
            waiting_for?: {
                [key: string]: unknown;
            }[];
        };
        DeviceWhyAnswer: {
            /** @description Null on the last page. */
            next_cursor: string | null;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
            /** @description The items of this page. */
            items: components["schemas"]["WhyItem"][];
            /** @description False when events in the middle of a long chain are left out: `events` has them all. */
            complete: boolean;
            /** @description Events of it that were set aside, newest first: no part of the chain. */
            set_aside: components["schemas"]["WhyAside"][];
            /** @description What it waits for, or is waited for, now. */
            waiting_for: components["schemas"]["DeviceWaitItem"][];
        };
        Firmware: {
            /** @description The id of the firmware: a version for a model. */
            firmware_id: string;
            /** @description The model of the hardware. */
            model: string;
            /** @description All models of the upload; each is a firmware of its own. */
            models: string[];
            /** @description A version of the firmware (semver 2.0.0). */
            version: string;
            /** @description SHA-256 of the image, in lower-case hex. */
            sha256: string;
            /** @description Bytes. */
            size: number;
            /** @description The key of the image in the object store. */
            key: string;
            /** @description A device on an older version may not take this one. */
            min_version: string | null;
            /** @description What is new, for people. */
            release_notes: string | null;
            /** @description The id of the key that signed it; null for an unsigned one. */
            signed_by: string | null;
            /** @description The release counter of its manifest: a device does not go below the highest that it has run. */
            release_counter: number | null;
            /**
             * Format: date-time
             * @description After this it is not offered.
             */
            manifest_expires_at: string | null;
            /** @description Devices may come down to it from a higher release counter. */
            allow_downgrade: boolean;
            /**
             * Format: date-time
             * @description When it was uploaded.
             */
            uploaded_at: string;
            /** @description Who uploaded it: the subject of a credential. */
            uploaded_by: string;
            /** @description A revoked firmware is not rolled out; devices that run it keep it. */
            revoked: boolean;
            /**
             * Format: date-time
             * @description When it was revoked.
             */
            revoked_at: string | null;
            /** @description A deleted firmware is not there any more; lists leave it out. */
            deleted: boolean;
            /**
             * Format: date-time
             * @description When it was deleted.
             */
            deleted_at: string | null;
        };
        FirmwareAnswer: {
            /** @description Null on the last page. */
            next_cursor: string | null;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
            /** @description The items of this page. */
            items: components["schemas"]["Firmware"][];
        };
        AuditLine: {
            /** @description 1, 2, 3 … in each organization. */
            seq: number;
            /** @description Stream sequence of the event that says it. */
            position: number;
            /**
             * Format: date-time
             * @description When it happened.
             */
            time: string;
            /** @description The id of the event. */
            event_id: string;
            /** @description `ActionRecorded` for a request over HTTP, else the event that it is. */
            event_type: string;
            /** @description Who wrote the event: a service, or a platform team. */
            source: string;
            /** @description member, api-key, device-claim or device; `stated` for whom an event names. */
            actor_kind: string;
            /** @description Who acted: the subject of a credential. */
            actor: string;
            /** @description What its holder may do. */
            roles: string[];
            /** @description Method and route, or the name of the event. */
            action: string;
            /** @description The path, or the stream of the event. */
            resource: string;
            /** @description Why, in the words of whoever asked. */
            reason: string | null;
            /**
             * @description What became of it.
             * @enum {string}
             */
            outcome: "succeeded" | "denied" | "refused" | "failed";
            /** @description The HTTP status. */
            status: number | null;
            /** @description An error code: docs/errors.md. */
            code: string | null;
            /** @description The address that the request came from. */
            ip: string | null;
            /** @description The program that the request came from, as it says. */
            user_agent: string | null;
            /** @description The call over HTTP, which everything else calls `http_request_id`; not a request in the log. */
            request_id: string | null;
            /** @description So many like it were left out before it. */
            suppressed: number | null;
            /** @description The hash of the line before. */
            prev_hash: string;
            /** @description The hash of this line and of all before it: SHA-256, lower-case hex. */
            hash: string;
        };
        AuditAnswer: {
            /** @description Null on the last page. */
            next_cursor: string | null;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
            /** @description The items of this page. */
            items: components["schemas"]["AuditLine"][];
        };
        AuditHeadAnswer: {
            /** @description 0 for an empty trail. */
            seq: number;
            /** @description The hash of this line and of all before it: SHA-256, lower-case hex. */
            hash: string;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
        };
        ApiKeyItem: {
            /** @description The id of the API key. */
            key_id: string;
            /** @description What people call it. */
            name: string;
            /** @description What its holder may do. */
            roles: string[];
            /** @description Who made it: the subject of a credential. */
            issued_by: string;
            /**
             * Format: date-time
             * @description When it was made.
             */
            issued_at: string;
            /**
             * Format: date-time
             * @description Until when it is good.
             */
            expires_at: string | null;
            /** @description True for what is not accepted any more. */
            revoked: boolean;
            /**
             * Format: date-time
             * @description To within some minutes.
             */
            last_used_at: string | null;
        };
        ApiKeysAnswer: {
            /** @description Null on the last page. */
            next_cursor: string | null;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
            /** @description The items of this page. */
            items: components["schemas"]["ApiKeyItem"][];
        };
        ClaimItem: {
            /** @description The id of the claim token. */
            claim_id: string;
            /** @description So many devices may register with it. */
            uses: number;
            /** @description So many have. */
            used: number;
            /**
             * Format: date-time
             * @description Until when it is good.
             */
            expires_at: string;
            /** @description A group of devices that are managed together. */
            fleet: string | null;
            /** @description The model of the hardware. */
            model: string | null;
            /** @description Who made it: the subject of a credential. */
            issued_by: string;
            /**
             * Format: date-time
             * @description When it was made.
             */
            issued_at: string;
            /** @description True for what is not accepted any more. */
            revoked: boolean;
        };
        ClaimsAnswer: {
            /** @description Null on the last page. */
            next_cursor: string | null;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
            /** @description The items of this page. */
            items: components["schemas"]["ClaimItem"][];
        };
        RequestAnswerEvent: {
            /** @description The name of the event. */
            type: string;
            /** @description Stream sequence of the event. */
            position: number;
            /**
             * Format: date-time
             * @description When it happened.
             */
            time: string;
            /** @description The id of the device. */
            device_id?: string;
            /** @description The id of the update. */
            update_id?: string;
            /** @description The id of the rollout. */
            rollout_id?: string;
            /** @description A version of the firmware (semver 2.0.0). */
            version?: string;
            /** @description A group of devices that are managed together. */
            fleet?: string;
        };
        RequestAnswer: {
            /** @description The id of the request in the log, by which `GET /query/v1/requests/{request_id}` says what became of it. */
            request_id: string;
            /** @description Null when the sender named none. */
            type: string | null;
            /** @description Who sent it: the source of a team’s event, or `http:` and the caller. */
            source: string | null;
            /** @description The subject of the caller’s token, or what a team says. */
            requested_by: string | null;
            /**
             * @description `open`: nothing was decided yet. `set_aside`: nobody could read it.
             * @enum {string}
             */
            state: "open" | "answered" | "refused" | "set_aside";
            /** @description Why it was refused or set aside, or no update was needed. */
            code: string | null;
            /** @description Why, in words. */
            detail: string | null;
            /** @description The newest event that answers it; null while there is none. */
            answer: components["schemas"]["RequestAnswerEvent"] | null;
            /**
             * Format: date-time
             * @description When it was sent; of one that was refused unread, when that was.
             */
            requested_at: string;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
        };
        AsideItem: {
            /** @description Stream sequence. */
            position: number;
            /** @description The subject of the event in the log. */
            subject: string;
            /** @description What kind of thing it is of. */
            entity: string;
            /** @description The id of that thing. */
            entity_id: string;
            /** @description The name of the event. */
            type: string;
            /** @description Why: an error code, or `handler-failed`. */
            code: string;
            /** @description Why, in words. */
            reason: string;
            /**
             * Format: date-time
             * @description When it happened.
             */
            time: string;
            /**
             * Format: date-time
             * @description When somebody said that they have looked.
             */
            acknowledged_at: string | null;
            /** @description Who said that they have looked: the subject of a credential. */
            acknowledged_by: string | null;
        };
        AsideAnswer: {
            /** @description Null on the last page. */
            next_cursor: string | null;
            /** @description Stream sequence that the answer has seen, at least. */
            position: number;
            /** @description The items of this page. */
            items: components["schemas"]["AsideItem"][];
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
        GateDecision: {
            /**
             * @description Which gate.
             * @enum {string}
             */
            gate: "failure" | "success";
            /** @description True when the rollout may go on. */
            passed: boolean;
            /**
             * @description Whether failures are counted in the wave or in the whole rollout.
             * @enum {string}
             */
            per: "wave" | "rollout";
            /** @description The place of its wave, from 0 on. */
            wave: number;
            /** @description Devices that have succeeded or failed. */
            finished: number;
            /** @description Devices that run the version. */
            succeeded: number;
            /** @description Devices whose update failed. */
            failed: number;
            /** @description A share, in percent. */
            percent: number;
            /** @description The number of devices that the share is of, where these are not the finished ones. */
            of?: number;
            /** @description The share that decides, in percent. */
            threshold_percent?: number;
            /** @description The number of failures that is too many. */
            threshold_count?: number;
            /** @description The share of failures counts from so many finished devices on. */
            min_finished?: number;
            /**
             * @description What is asked for, or what a gate does when it is not passed.
             * @enum {string}
             */
            action?: "pause" | "abort" | "rollback";
            /**
             * @description Why nothing could be compared: no device of the wave has finished.
             * @enum {string}
             */
            code?: "no-evidence";
            /** @description Devices that can take the version. */
            eligible?: number;
            /** @description Devices that were withdrawn before they ended. */
            cancelled?: number;
            /** @description Devices that needed no update. */
            skipped?: number;
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
        RolloutOverlap: {
            /** @description The id of the rollout. */
            rollout_id: string;
            /** @description A version of the firmware (semver 2.0.0). */
            version: string;
            /** @description Where it is. */
            state: string;
            /** @description So many devices. */
            devices: number;
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
        MaintenanceWindow: {
            /** @description When the window opens: minute, hour, day of month, month, day of week. */
            cron: string;
            /** @description How long the window is open, in seconds. */
            duration_s: number;
            /** @description The time zone of the window, an IANA name. */
            time_zone: string;
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
        RolloutSpec: {
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
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    DevicesController_list: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
                after?: number;
                /** @description The most items of a page. */
                limit?: number;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                /** @description The model of the hardware. */
                model?: string;
                /** @description A group of devices that are managed together. */
                fleet?: string;
                /** @description One of the device’s tags. */
                tag?: string;
                /** @description Where the device is with its newest update. */
                ota_status?: "idle" | "updating" | "completed" | "failed";
                /** @description True for a device that has a tunnel. */
                online?: boolean;
                /** @description Whether the device runs something else than its newest update was to install, and none is open. */
                drifted?: boolean;
                /** @description The version that the device runs, as its record shows it: a semantic one or not. */
                version?: string;
                /** @description The version that its newest update is to install. */
                target_version?: string;
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
                    "application/json": components["schemas"]["DevicesAnswer"];
                };
            };
        };
    };
    DevicesController_one: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
                after?: number;
            };
            header?: never;
            path: {
                /** @description The id of the device. */
                device_id: string;
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
                    "application/json": components["schemas"]["DeviceAnswer"];
                };
            };
        };
    };
    TimelineController_list: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
                after?: number;
                /** @description The most items of a page. */
                limit?: number;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                /** @description `desc`: the newest first. */
                order?: "asc" | "desc";
                /** @description The name of the event. */
                type?: "UpdateRequested" | "UpdateCancelRequested" | "RolloutRequested" | "RolloutPauseRequested" | "RolloutResumeRequested" | "RolloutAbortRequested" | "RolloutApproveRequested" | "RolloutRetryRequested" | "RolloutSkipRequested" | "RolloutAmendRequested" | "RollbackRequested" | "FleetWindowRequested" | "FleetWindowChanged" | "FirmwareUseCounted" | "RequestRefused" | "FirmwareUploaded" | "FirmwareSigned" | "FirmwareRevoked" | "FirmwareDeletionProposed" | "FirmwareDeleted" | "RolloutAccepted" | "RolloutRejected" | "RolloutDevicesPlanned" | "RolloutStarted" | "RolloutApproved" | "WaveStarted" | "WaveCompleted" | "RolloutPaused" | "RolloutResumed" | "RolloutRetried" | "WaveSkipped" | "RolloutAmended" | "RolloutAborted" | "RolloutCompleted" | "RollbackTriggered" | "RollbackCompleted" | "RolloutActionRefused" | "UpdateQueued" | "UpdateRescheduled" | "UpdateDispatched" | "UpdatePostponed" | "UpdateSkipped" | "UpdateRejected" | "UpdateCompleted" | "UpdateFailed" | "UpdateReverted" | "UpdateCancelled" | "UpdateCancelRefused" | "DeadlineReached" | "DeviceRegistered" | "DeviceKeyRotated" | "DeviceRevoked" | "DeviceReinstated" | "DeviceChanged" | "DeviceRemoved" | "DeviceConnected" | "DeviceDisconnected" | "DeviceVersionReported" | "DeviceProgressReported" | "DeviceUpdateReported" | "DeviceUpdatePostponed" | "DeviceRefused" | "SigningKeyRegistered" | "SigningKeyRevoked" | "SigningPolicyChanged" | "FirmwareRetentionChanged" | "ClaimIssued" | "ClaimUsed" | "ClaimRevoked" | "ApiKeyIssued" | "ApiKeyRevoked" | "ApiKeyUsed" | "ActionRecorded" | "SetAsideAcknowledged";
            };
            header?: never;
            path: {
                /** @description The id of the device. */
                device_id: string;
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
                    "application/json": components["schemas"]["TimelineAnswer"];
                };
            };
        };
    };
    RolloutsController_list: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
                after?: number;
                /** @description The most items of a page. */
                limit?: number;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                /** @description Where it is. */
                state?: "scheduled" | "awaiting_approval" | "running" | "paused" | "completed" | "aborted" | "rolling_back" | "rolled_back" | "rollback_incomplete" | "rejected" | "requested";
                /** @description A version of the firmware (semver 2.0.0). */
                version?: string;
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
                    "application/json": components["schemas"]["RolloutsAnswer"];
                };
            };
        };
    };
    RolloutsController_one: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
                after?: number;
            };
            header?: never;
            path: {
                /** @description The id of the rollout. */
                rollout_id: string;
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
                    "application/json": components["schemas"]["RolloutAnswer"];
                };
            };
        };
    };
    RolloutDevicesController_devices: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
                after?: number;
                /** @description The most items of a page. */
                limit?: number;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                /** @description Without it all devices that are not `excluded`; with `excluded` those that were left out, by device_id. */
                status?: "queued" | "in_flight" | "succeeded" | "failed" | "cancelled" | "skipped" | "excluded";
                /** @description Those who are left out are in no wave. */
                wave?: number;
                /** @description The way out, or the way back. */
                stage?: "forward" | "rollback";
            };
            header?: never;
            path: {
                /** @description The id of the rollout. */
                rollout_id: string;
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
                    "application/json": components["schemas"]["RolloutDevicesAnswer"];
                };
            };
        };
    };
    RolloutDevicesController_failures: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
                after?: number;
            };
            header?: never;
            path: {
                /** @description The id of the rollout. */
                rollout_id: string;
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
                    "application/json": components["schemas"]["FailuresAnswer"];
                };
            };
        };
    };
    RolloutTimelineController_list: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
                after?: number;
                /** @description The most items of a page. */
                limit?: number;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                /** @description `desc`: the newest first. */
                order?: "asc" | "desc";
                /** @description The name of the event. */
                type?: "UpdateRequested" | "UpdateCancelRequested" | "RolloutRequested" | "RolloutPauseRequested" | "RolloutResumeRequested" | "RolloutAbortRequested" | "RolloutApproveRequested" | "RolloutRetryRequested" | "RolloutSkipRequested" | "RolloutAmendRequested" | "RollbackRequested" | "FleetWindowRequested" | "FleetWindowChanged" | "FirmwareUseCounted" | "RequestRefused" | "FirmwareUploaded" | "FirmwareSigned" | "FirmwareRevoked" | "FirmwareDeletionProposed" | "FirmwareDeleted" | "RolloutAccepted" | "RolloutRejected" | "RolloutDevicesPlanned" | "RolloutStarted" | "RolloutApproved" | "WaveStarted" | "WaveCompleted" | "RolloutPaused" | "RolloutResumed" | "RolloutRetried" | "WaveSkipped" | "RolloutAmended" | "RolloutAborted" | "RolloutCompleted" | "RollbackTriggered" | "RollbackCompleted" | "RolloutActionRefused" | "UpdateQueued" | "UpdateRescheduled" | "UpdateDispatched" | "UpdatePostponed" | "UpdateSkipped" | "UpdateRejected" | "UpdateCompleted" | "UpdateFailed" | "UpdateReverted" | "UpdateCancelled" | "UpdateCancelRefused" | "DeadlineReached" | "DeviceRegistered" | "DeviceKeyRotated" | "DeviceRevoked" | "DeviceReinstated" | "DeviceChanged" | "DeviceRemoved" | "DeviceConnected" | "DeviceDisconnected" | "DeviceVersionReported" | "DeviceProgressReported" | "DeviceUpdateReported" | "DeviceUpdatePostponed" | "DeviceRefused" | "SigningKeyRegistered" | "SigningKeyRevoked" | "SigningPolicyChanged" | "FirmwareRetentionChanged" | "ClaimIssued" | "ClaimUsed" | "ClaimRevoked" | "ApiKeyIssued" | "ApiKeyRevoked" | "ApiKeyUsed" | "ActionRecorded" | "SetAsideAcknowledged";
            };
            header?: never;
            path: {
                /** @description The id of the rollout. */
                rollout_id: string;
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
                    "application/json": components["schemas"]["TimelineAnswer"];
                };
            };
        };
    };
    WhyController_ofRollout: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
                after?: number;
            };
            header?: never;
            path: {
                /** @description The id of the rollout. */
                rollout_id: string;
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
                    "application/json": components["schemas"]["WhyAnswer"];
                };
            };
        };
    };
    WhyController_ofDevice: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
                after?: number;
            };
            header?: never;
            path: {
                /** @description The id of the device. */
                device_id: string;
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
                    "application/json": components["schemas"]["DeviceWhyAnswer"];
                };
            };
        };
    };
    FirmwareController_list: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
                after?: number;
                /** @description The most items of a page. */
                limit?: number;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                /** @description The model of the hardware. */
                model?: string;
                /** @description A version of the firmware (semver 2.0.0). */
                version?: string;
                /** @description True for what is not accepted any more. */
                revoked?: boolean;
                /** @description With `true` those that were deleted, and only those. */
                deleted?: boolean;
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
                    "application/json": components["schemas"]["FirmwareAnswer"];
                };
            };
        };
    };
    AuditController_list: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
                after?: number;
                /** @description The most items of a page. */
                limit?: number;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                /** @description In the order of the log (`asc`), or the newest first (`desc`). */
                order?: "asc" | "desc";
                /** @description The subject of whoever acted. */
                actor?: string;
                /** @description Method and route, or the name of an event. */
                action?: string;
                /** @description What became of it. */
                outcome?: "succeeded" | "denied" | "refused" | "failed";
                /** @description An error code. */
                code?: string;
                /** @description From this time on. */
                from?: string;
                /** @description Before this time. */
                to?: string;
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
                    "application/json": components["schemas"]["AuditAnswer"];
                };
            };
        };
    };
    AuditController_head: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
                after?: number;
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
                    "application/json": components["schemas"]["AuditHeadAnswer"];
                };
            };
        };
    };
    AccessController_apiKeys: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
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
                    "application/json": components["schemas"]["ApiKeysAnswer"];
                };
            };
        };
    };
    AccessController_claims: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
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
                    "application/json": components["schemas"]["ClaimsAnswer"];
                };
            };
        };
    };
    RequestsController_one: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
                after?: number;
            };
            header?: never;
            path: {
                /** @description The id of the request in the log, by which `GET /query/v1/requests/{request_id}` says what became of it. */
                request_id: string;
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
                    "application/json": components["schemas"]["RequestAnswer"];
                };
            };
        };
    };
    AsideController_list: {
        parameters: {
            query?: {
                /** @description Read your writes: the answer waits, 5 seconds at most, until the read model has this position. */
                after?: number;
                /** @description The most items of a page. */
                limit?: number;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                /** @description In the order of the log (`asc`), or the newest first (`desc`). */
                order?: "asc" | "desc";
                /** @description `false`: those that somebody still has to look at. */
                acknowledged?: "true" | "false";
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
                    "application/json": components["schemas"]["AsideAnswer"];
                };
            };
        };
    };
}

// Generated: cd apps/pipeline && npx vitest run --project unit src/http/client.test.ts -u

export type paths = {
    "/api/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List jobs, newest first */
        get: operations["listJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a job */
        get: operations["readJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancel a job that has not ended */
        post: operations["cancelJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Watch a job until it ends
         * @description Server-sent events. Each `job` has the job as GET /jobs/{job_id} returns it: the first at once, then one for each change. The stream ends with the job, and when the service stops.
         */
        get: operations["watchJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Try a dead, failed or cancelled job again */
        post: operations["retryJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/profiles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List profiles by name */
        get: operations["listProfiles"];
        put?: never;
        /** Create a custom profile */
        post: operations["createProfile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/profiles/{profile_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a profile */
        get: operations["readProfile"];
        /** Replace a custom profile */
        put: operations["updateProfile"];
        post?: never;
        /** Delete a custom profile; what was extracted with it stays */
        delete: operations["deleteProfile"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List projects without their schemas, newest first */
        get: operations["listProjects"];
        put?: never;
        /** Create a project */
        post: operations["createProject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a project */
        get: operations["readProject"];
        /** Replace what a project asks for */
        put: operations["updateProject"];
        post?: never;
        /** Delete a project: it is hidden with all that is in it */
        delete: operations["deleteProject"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/entities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List entities by group, type and value */
        get: operations["listEntities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/entities/{entity_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an entity with the sources that mention it */
        get: operations["readEntity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/extract": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Extract facts from sources with a profile */
        post: operations["extract"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/extractions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List extractions, oldest first */
        get: operations["listExtractions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/fetch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Fetch a document by its URL, and put its text into the project */
        post: operations["fetch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/legacy-import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Copy the pages and facts of the first release into the project */
        post: operations["importLegacy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Summarise what was found, as markdown */
        post: operations["report"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List reports without their content, newest first */
        get: operations["listReports"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/reports/{report_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a report with what it is made from */
        get: operations["readReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/reports/{report_id}/markdown": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the text of a report */
        get: operations["readReportMarkdown"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/sources": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List sources without their content, newest first */
        get: operations["listSources"];
        put?: never;
        /** Add a source, or replace the one of this URI */
        post: operations["putSource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project_id}/sources/{source_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a source with its content */
        get: operations["readSource"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schema": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the state and the history of the schema */
        get: operations["readSchema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Check that the process is alive */
        get: operations["isAlive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Check that the database fits this build */
        get: operations["isReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
};
export type webhooks = Record<string, never>;
export type components = {
    schemas: {
        /**
         * @example {
         *       "name": "API limits",
         *       "extraction_schema": {
         *         "type": "object",
         *         "required": [
         *           "statement"
         *         ],
         *         "properties": {
         *           "statement": {
         *             "type": "string"
         *           }
         *         }
         *       },
         *       "new_schema_version": true
         *     }
         */
        ChangedProject: {
            description?: string;
            /** @description The types of entities to link; every type by default. */
            entity_types?: string[];
            /** @description A JSON schema: what one fact looks like. */
            extraction_schema: {
                [key: string]: unknown;
            };
            /** @default false */
            is_template?: boolean;
            name: string;
            /**
             * @description Count the version up, so that the schema may change under extractions.
             * @default false
             */
            new_schema_version?: boolean;
        };
        /**
         * @example {
         *       "id": "e7a1b2c3-9d8e-4f7a-8b6c-5d4e3f2a1b44",
         *       "project_id": "0b8f4c52-7d0e-4c7e-9d6e-3a1a6f4f2c11",
         *       "source_group": "example.com",
         *       "entity_type": "limit",
         *       "value": "100 requests per second",
         *       "normalized_value": "100 requests per second",
         *       "attributes": {}
         *     }
         */
        Entity: {
            attributes: unknown;
            entity_type: string;
            /** Format: uuid */
            id: string;
            /** @description What makes it one entity of its type and group. */
            normalized_value: string;
            /** Format: uuid */
            project_id: string;
            source_group: string;
            value: string;
        };
        /**
         * @example {
         *       "id": "e7a1b2c3-9d8e-4f7a-8b6c-5d4e3f2a1b44",
         *       "project_id": "0b8f4c52-7d0e-4c7e-9d6e-3a1a6f4f2c11",
         *       "source_group": "example.com",
         *       "entity_type": "limit",
         *       "value": "100 requests per second",
         *       "normalized_value": "100 requests per second",
         *       "attributes": {},
         *       "sources": [
         *         {
         *           "id": "5f0c9f0e-43ab-4d38-8f45-0f6f5a4b7d22",
         *           "uri": "https://example.com/limits",
         *           "title": "Limits",
         *           "mentions": 1
         *         }
         *       ],
         *       "mentions": [
         *         {
         *           "extraction_id": "c1d2e3f4-1a2b-4c3d-8e4f-5a6b7c8d9e33",
         *           "source_id": "5f0c9f0e-43ab-4d38-8f45-0f6f5a4b7d22",
         *           "role": "mention",
         *           "extraction_type": "limit"
         *         }
         *       ]
         *     }
         */
        EntityWithMentions: {
            attributes: unknown;
            entity_type: string;
            /** Format: uuid */
            id: string;
            /** @description At most 200. */
            mentions: {
                /** Format: uuid */
                extraction_id: string;
                extraction_type: string;
                role: string;
                /** Format: uuid */
                source_id: string;
            }[];
            /** @description What makes it one entity of its type and group. */
            normalized_value: string;
            /** Format: uuid */
            project_id: string;
            source_group: string;
            /** @description Those that name it most often first, at most 200. */
            sources: {
                /** Format: uuid */
                id: string;
                /** @description Extractions of the source that name it. */
                mentions: number;
                title: string | null;
                uri: string;
            }[];
            value: string;
        };
        /**
         * @example {
         *       "id": "c1d2e3f4-1a2b-4c3d-8e4f-5a6b7c8d9e33",
         *       "project_id": "0b8f4c52-7d0e-4c7e-9d6e-3a1a6f4f2c11",
         *       "source_id": "5f0c9f0e-43ab-4d38-8f45-0f6f5a4b7d22",
         *       "source_group": "example.com",
         *       "extraction_type": "limit",
         *       "data": {
         *         "category": "rate_limits",
         *         "statement": "The API takes at most 100 requests per second."
         *       },
         *       "stale": false,
         *       "quote": "The API takes at most 100 requests per second.",
         *       "start": 0,
         *       "end": 46,
         *       "heading_path": [
         *         "Limits"
         *       ],
         *       "confidence": 0.9,
         *       "confidence_parts": [
         *         {
         *           "part": "quantity",
         *           "points": 0.4
         *         }
         *       ],
         *       "extractor": "rules",
         *       "profile_used": "limits",
         *       "schema_version": 1,
         *       "chunk_index": 0,
         *       "created_at": "2026-11-30T08:00:00.123456+00:00"
         *     }
         */
        Extraction: {
            chunk_index: number | null;
            confidence: number | null;
            /** @description What the confidence is the sum of, at most 1. */
            confidence_parts: {
                part: string;
                points: number;
            }[] | null;
            /** @description ISO 8601, with microseconds. */
            created_at: string;
            data: unknown;
            end: number | null;
            extraction_type: string;
            /** @description Who says so: `rules` is the built-in one. */
            extractor: string | null;
            /** @description The headings that it stands under. */
            heading_path: string[] | null;
            /** Format: uuid */
            id: string;
            profile_used: string | null;
            /** Format: uuid */
            project_id: string;
            /** @description Exactly what the source says from `start` to `end`. */
            quote: string | null;
            /** @description The version of the project's schema that it was extracted by. */
            schema_version: number | null;
            source_group: string;
            /** Format: uuid */
            source_id: string;
            /** @description The source has another text since; this is what the text before said. */
            stale: boolean;
            /** @description In UTF-16 code units of the content; null where that text is gone. */
            start: number | null;
        };
        /**
         * @example {
         *       "profile": "limits"
         *     }
         */
        ExtractRequest: {
            /** @description The `name` of a profile, not its `id`. */
            profile: string;
            /** @description The sources to read; all of the project by default. */
            source_ids?: string[];
        };
        /**
         * @example {
         *       "url": "https://example.com/limits",
         *       "source_group": "example.com"
         *     }
         */
        FetchRequest: {
            /** @description What it is about: an entity is one within a group. */
            source_group: string;
            /** @description The document's own by default. */
            title?: string;
            /**
             * Format: uri
             * @description Of a page, a text or a PDF.
             */
            url: string;
        };
        /**
         * @example {
         *       "id": "e7a1b2c3-9d8e-4f7a-8b6c-5d4e3f2a1b44",
         *       "project_id": "0b8f4c52-7d0e-4c7e-9d6e-3a1a6f4f2c11",
         *       "type": "extract",
         *       "status": "running",
         *       "payload": {
         *         "profile": "limits"
         *       },
         *       "progress": {
         *         "done": 1,
         *         "total": 3
         *       },
         *       "attempt_count": 1,
         *       "max_attempts": 5,
         *       "result": null,
         *       "error": null,
         *       "created_at": "2026-11-30T08:00:00.123456+00:00",
         *       "started_at": "2026-11-30T08:00:00.123456+00:00",
         *       "completed_at": null
         *     }
         */
        Job: {
            attempt_count: number;
            completed_at: string | null;
            /** @description ISO 8601, with microseconds. */
            created_at: string;
            /** @description Why the last attempt failed. */
            error: string | null;
            /** Format: uuid */
            id: string;
            /** @description A retry raises it by a set of attempts. */
            max_attempts: number;
            payload: unknown;
            /** @description In sources, or in pages of a legacy import; null before the first. */
            progress: {
                done: number;
                total: number;
            } | null;
            project_id: string | null;
            /** @description What a completed job counts. */
            result: unknown;
            started_at: string | null;
            /** @enum {string} */
            status: "queued" | "running" | "completed" | "failed" | "dead" | "cancelling" | "cancelled";
            /** @enum {string} */
            type: "scrape" | "fetch" | "extract" | "report" | "legacy-import";
        };
        /** @example {} */
        LegacyImportRequest: Record<string, never>;
        /**
         * @example {
         *       "name": "limits",
         *       "categories": [
         *         "rate_limits",
         *         "quotas"
         *       ],
         *       "prompt_focus": "Limits of an API and what happens when they are reached",
         *       "depth": "detailed"
         *     }
         */
        NewProfile: {
            categories: string[];
            /** @default null */
            custom_instructions?: string | null;
            /** @enum {string} */
            depth: "summary" | "detailed" | "comprehensive";
            name: string;
            prompt_focus: string;
        };
        /**
         * @example {
         *       "name": "API limits",
         *       "template": "technical_facts"
         *     }
         */
        NewProject: {
            description?: string;
            /** @description The types of entities to link; every type by default. */
            entity_types?: string[];
            /** @description A JSON schema: what one fact looks like. */
            extraction_schema?: {
                [key: string]: unknown;
            };
            /** @default false */
            is_template?: boolean;
            name: string;
            /** @description One of technical_facts, compliance, or the name of a project with `is_template`; the first by default. */
            template?: string;
        };
        /**
         * @example {
         *       "uri": "https://example.com/limits",
         *       "source_group": "example.com",
         *       "title": "Limits",
         *       "content": "The API takes at most 100 requests per second."
         *     }
         */
        NewSource: {
            /** @description Markdown or plain text. */
            content: string;
            /** @description What it is about: an entity is one within a group. */
            source_group: string;
            title?: string;
            uri: string;
        };
        /**
         * @example {
         *       "type": "urn:techfacts:problem:project_not_found",
         *       "title": "There is no project of this id.",
         *       "status": 404,
         *       "code": "project_not_found",
         *       "detail": "There is no project of this id.",
         *       "request_id": "2d0a2b0e-6f7c-4c1e-9a56-1f0c2d3e4f55"
         *     }
         */
        Problem: {
            /** @enum {string} */
            code: "invalid_request" | "malformed_body" | "malformed_request" | "invalid_cursor" | "unauthorized" | "route_not_found" | "project_not_found" | "profile_not_found" | "source_not_found" | "entity_not_found" | "report_not_found" | "job_not_found" | "name_taken" | "uri_taken" | "profile_is_builtin" | "schema_in_use" | "job_ended" | "job_not_retryable" | "body_too_large" | "unsupported_media_type" | "unusable_schema" | "unknown_template" | "unknown_profile" | "unknown_sources" | "too_many_requests" | "too_many_streams" | "internal_error" | "database_not_ready" | "database_unavailable" | "schema_busy" | "search_busy" | "search_too_slow";
            detail: string;
            errors?: {
                message: string;
                path: string;
            }[];
            request_id: string;
            status: number;
            title: string;
            /** @description `urn:techfacts:problem:` and the code. */
            type: string;
        };
        /**
         * @example {
         *       "name": "limits",
         *       "categories": [
         *         "rate_limits",
         *         "quotas"
         *       ],
         *       "prompt_focus": "Limits of an API and what happens when they are reached",
         *       "depth": "detailed",
         *       "id": "e7a1b2c3-9d8e-4f7a-8b6c-5d4e3f2a1b44",
         *       "custom_instructions": null,
         *       "is_builtin": false
         *     }
         */
        Profile: {
            /** @description A legacy profile may have none here. */
            categories: (string | null)[];
            custom_instructions: string | null;
            /** @enum {string} */
            depth: "summary" | "detailed" | "comprehensive";
            /**
             * Format: uuid
             * @description What its own routes take.
             */
            id: string;
            /** @description It is read-only. */
            is_builtin: boolean;
            /** @description What an extract job takes, and what facts keep as `profile_used`: they outlive the profile. */
            name: string;
            prompt_focus: string;
        };
        /**
         * @example {
         *       "id": "0b8f4c52-7d0e-4c7e-9d6e-3a1a6f4f2c11",
         *       "name": "API limits",
         *       "description": null,
         *       "is_template": false,
         *       "schema_version": 1,
         *       "created_at": "2026-11-30T08:00:00.123456+00:00",
         *       "updated_at": "2026-11-30T08:00:00.123456+00:00",
         *       "extraction_schema": {
         *         "type": "object",
         *         "required": [
         *           "statement"
         *         ],
         *         "properties": {
         *           "statement": {
         *             "type": "string"
         *           }
         *         }
         *       },
         *       "entity_types": [
         *         "limit"
         *       ]
         *     }
         */
        Project: {
            /** @description ISO 8601, with microseconds. */
            created_at: string;
            description: string | null;
            entity_types: unknown;
            extraction_schema: unknown;
            /** Format: uuid */
            id: string;
            /** @description Others can be made from it, by its name. */
            is_template: boolean;
            name: string;
            /** @description Counts the changes of `extraction_schema` that were asked for. */
            schema_version: number;
            /** @description ISO 8601, with microseconds. */
            updated_at: string;
        };
        /**
         * @example {
         *       "id": "0b8f4c52-7d0e-4c7e-9d6e-3a1a6f4f2c11",
         *       "name": "API limits",
         *       "description": null,
         *       "is_template": false,
         *       "schema_version": 1,
         *       "created_at": "2026-11-30T08:00:00.123456+00:00",
         *       "updated_at": "2026-11-30T08:00:00.123456+00:00"
         *     }
         */
        ProjectSummary: {
            /** @description ISO 8601, with microseconds. */
            created_at: string;
            description: string | null;
            /** Format: uuid */
            id: string;
            /** @description Others can be made from it, by its name. */
            is_template: boolean;
            name: string;
            /** @description Counts the changes of `extraction_schema` that were asked for. */
            schema_version: number;
            /** @description ISO 8601, with microseconds. */
            updated_at: string;
        };
        /**
         * @example {
         *       "id": "e7a1b2c3-9d8e-4f7a-8b6c-5d4e3f2a1b44",
         *       "project_id": "0b8f4c52-7d0e-4c7e-9d6e-3a1a6f4f2c11",
         *       "type": "summary",
         *       "title": "API limits",
         *       "source_groups": [
         *         "example.com"
         *       ],
         *       "categories": [
         *         "rate_limits"
         *       ],
         *       "format": "md",
         *       "created_at": "2026-11-30T08:00:00.123456+00:00",
         *       "content": "- The API takes at most 100 requests per second.\n",
         *       "extraction_ids": [
         *         "c1d2e3f4-1a2b-4c3d-8e4f-5a6b7c8d9e33"
         *       ]
         *     }
         */
        Report: {
            categories: unknown;
            /** @description Markdown. */
            content: string | null;
            /** @description ISO 8601, with microseconds. */
            created_at: string;
            /** @description What it is made from. */
            extraction_ids: unknown;
            format: string;
            /** Format: uuid */
            id: string;
            project_id: string | null;
            source_groups: unknown;
            title: string | null;
            type: string;
        };
        /**
         * @example {
         *       "title": "API limits",
         *       "min_confidence": 0.7
         *     }
         */
        ReportRequest: {
            /** @description The types of facts to report; all by default. */
            categories?: string[];
            min_confidence?: number;
            /** @description All by default. */
            source_groups?: string[];
            title?: string;
            /** @default summary */
            type?: string;
        };
        /**
         * @example {
         *       "id": "e7a1b2c3-9d8e-4f7a-8b6c-5d4e3f2a1b44",
         *       "project_id": "0b8f4c52-7d0e-4c7e-9d6e-3a1a6f4f2c11",
         *       "type": "summary",
         *       "title": "API limits",
         *       "source_groups": [
         *         "example.com"
         *       ],
         *       "categories": [
         *         "rate_limits"
         *       ],
         *       "format": "md",
         *       "created_at": "2026-11-30T08:00:00.123456+00:00"
         *     }
         */
        ReportSummary: {
            categories: unknown;
            /** @description ISO 8601, with microseconds. */
            created_at: string;
            format: string;
            /** Format: uuid */
            id: string;
            project_id: string | null;
            source_groups: unknown;
            title: string | null;
            type: string;
        };
        /**
         * @example {
         *       "revision": "1f0c5a7d93be",
         *       "gate": {
         *         "state": "fits",
         *         "is_open": true,
         *         "reason": ""
         *       },
         *       "applied": [
         *         {
         *           "name": "Migration20261122153648_legacy_generation_b",
         *           "phase": "expand",
         *           "applied_at": "2026-11-30T08:00:00.123456+00:00",
         *           "duration_ms": 41
         *         }
         *       ],
         *       "pending": [],
         *       "waiting": [],
         *       "backfills": [],
         *       "drift_allowed_at": null
         *     }
         */
        SchemaState: {
            /** @description In the order in which they were applied; null where the role may not read them. */
            applied: {
                /** @description ISO 8601, with microseconds. */
                applied_at: string;
                /** @description How long its statements took; null where another tool has applied it. */
                duration_ms: number | null;
                name: string;
                phase: string | null;
            }[] | null;
            /** @description Null where the role may not read them. */
            backfills: {
                /** @description ISO 8601, with microseconds. */
                began_at: string;
                changed: number;
                /** @description ISO 8601, with microseconds. */
                changed_at: string;
                /** @description Rows of the table, as its statistics say. */
                estimate: number;
                migration: string;
                pass: number;
                seen: number;
                /** @enum {string} */
                state: "running" | "paused" | "done";
            }[] | null;
            /** @description When a run last went on although the schema was not as the run before had left it. */
            drift_allowed_at: string | null;
            gate: {
                is_open: boolean;
                /** @description What was found and what to do; empty where it fits. */
                reason: string;
                /**
                 * @description How the database compares with the migrations of this build.
                 * @enum {string}
                 */
                state: "fits" | "ahead" | "behind" | "ahead-by-contract" | "drifted" | "unknown";
            };
            /** @description Of this build and not applied; they expand the schema. */
            pending: string[];
            /** @description Which migrations this build has. */
            revision: string;
            /** @description Contract steps that are not applied. */
            waiting: {
                name: string;
                /** @description The sessions of the builds that need it to wait. */
                needed_by: string[];
            }[];
        };
        /**
         * @example {
         *       "uri": "https://example.com/limits",
         *       "source_group": "example.com",
         *       "title": "Limits",
         *       "id": "5f0c9f0e-43ab-4d38-8f45-0f6f5a4b7d22",
         *       "project_id": "0b8f4c52-7d0e-4c7e-9d6e-3a1a6f4f2c11",
         *       "source_type": "text",
         *       "status": "pending",
         *       "created_at": "2026-11-30T08:00:00.123456+00:00"
         *     }
         */
        Source: {
            /** @description ISO 8601, with microseconds. */
            created_at: string;
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            project_id: string;
            source_group: string;
            /** @enum {string} */
            source_type: "web" | "pdf" | "api" | "text";
            /** @enum {string} */
            status: "pending" | "ready" | "extracted" | "failed" | "skipped";
            title: string | null;
            uri: string;
        };
        /**
         * @example {
         *       "uri": "https://example.com/limits",
         *       "source_group": "example.com",
         *       "title": "Limits",
         *       "id": "5f0c9f0e-43ab-4d38-8f45-0f6f5a4b7d22",
         *       "project_id": "0b8f4c52-7d0e-4c7e-9d6e-3a1a6f4f2c11",
         *       "source_type": "text",
         *       "status": "pending",
         *       "created_at": "2026-11-30T08:00:00.123456+00:00",
         *       "content": "The API takes at most 100 requests per second."
         *     }
         */
        SourceWithContent: {
            content: string | null;
            /** @description ISO 8601, with microseconds. */
            created_at: string;
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            project_id: string;
            source_group: string;
            /** @enum {string} */
            source_type: "web" | "pdf" | "api" | "text";
            /** @enum {string} */
            status: "pending" | "ready" | "extracted" | "failed" | "skipped";
            title: string | null;
            uri: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
};
export type $defs = Record<string, never>;
export interface operations {
    listJobs: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                after?: string;
                /** @description The most items of a page. */
                limit?: number;
                project_id?: string;
                status?: "queued" | "running" | "completed" | "failed" | "dead" | "cancelling" | "cancelled";
                type?: "scrape" | "fetch" | "extract" | "report" | "legacy-import";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Job"][];
                        next: string | null;
                    };
                };
            };
        };
    };
    readJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    watchJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Events of the name `job`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
        };
    };
    retryJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    listProfiles: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                after?: string;
                /** @description The most items of a page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Profile"][];
                        next: string | null;
                    };
                };
            };
        };
    };
    createProfile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProfile"];
            };
        };
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
        };
    };
    readProfile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the profile; an extract job takes its `name`. */
                profile_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
        };
    };
    updateProfile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the profile; an extract job takes its `name`. */
                profile_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProfile"];
            };
        };
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
        };
    };
    deleteProfile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The `id` of the profile; an extract job takes its `name`. */
                profile_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listProjects: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                after?: string;
                is_template?: "true" | "false";
                /** @description The most items of a page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ProjectSummary"][];
                        next: string | null;
                    };
                };
            };
        };
    };
    createProject: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProject"];
            };
        };
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
        };
    };
    readProject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
        };
    };
    updateProject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangedProject"];
            };
        };
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
        };
    };
    deleteProject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is hidden. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listEntities: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                after?: string;
                /** @description A `source_group`. */
                group?: string;
                /** @description The most items of a page. */
                limit?: number;
                /** @description A part of its value, in any case. */
                q?: string;
                /** @description An `entity_type`. */
                type?: string;
            };
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Entity"][];
                        next: string | null;
                    };
                };
            };
        };
    };
    readEntity: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity_id: string;
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntityWithMentions"];
                };
            };
        };
    };
    extract: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExtractRequest"];
            };
        };
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        job_id: string;
                    };
                };
            };
        };
    };
    listExtractions: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                after?: string;
                /** @description A `source_group`. */
                group?: string;
                /** @description The most items of a page. */
                limit?: number;
                min_confidence?: number;
                profile?: string;
                /** @description Words to find, as in a web search: "a phrase", this OR that, -without. */
                q?: string;
                source_id?: string;
                /** @description An `extraction_type`. */
                type?: string;
            };
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Extraction"][];
                        next: string | null;
                    };
                };
            };
        };
    };
    fetch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FetchRequest"];
            };
        };
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        job_id: string;
                    };
                };
            };
        };
    };
    importLegacy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LegacyImportRequest"];
            };
        };
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        job_id: string;
                    };
                };
            };
        };
    };
    report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReportRequest"];
            };
        };
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        job_id: string;
                    };
                };
            };
        };
    };
    listReports: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                after?: string;
                /** @description The most items of a page. */
                limit?: number;
            };
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ReportSummary"][];
                        next: string | null;
                    };
                };
            };
        };
    };
    readReport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
                report_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Report"];
                };
            };
        };
    };
    readReportMarkdown: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
                report_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The report. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/markdown; charset=utf-8": string;
                };
            };
        };
    };
    listSources: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                after?: string;
                /** @description The most items of a page. */
                limit?: number;
            };
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Source"][];
                        next: string | null;
                    };
                };
            };
        };
    };
    putSource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSource"];
            };
        };
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was there, and has this text now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Source"];
                };
            };
            /** @description It is new. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Source"];
                };
            };
        };
    };
    readSource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project_id: string;
                source_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourceWithContent"];
                };
            };
        };
    };
    readSchema: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It failed; `code` says how. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It failed; `code` says how. */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SchemaState"];
                };
            };
        };
    };
    isAlive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "alive";
                    };
                };
            };
        };
    };
    isReady: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        revision: string;
                        /** @enum {string} */
                        status: "ready";
                    };
                };
            };
            /** @description It failed; `code` says how. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}

/** What the examples of the OpenAPI document are about: one project, one source, one fact. */
export const PROJECT_ID = '0b8f4c52-7d0e-4c7e-9d6e-3a1a6f4f2c11'
export const SOURCE_ID = '5f0c9f0e-43ab-4d38-8f45-0f6f5a4b7d22'
export const EXTRACTION_ID = 'c1d2e3f4-1a2b-4c3d-8e4f-5a6b7c8d9e33'
export const OTHER_ID = 'e7a1b2c3-9d8e-4f7a-8b6c-5d4e3f2a1b44'
export const MOMENT = '2026-11-30T08:00:00.123456+00:00'
export const QUOTE = 'The API takes at most 100 requests per second.'

import { defineEntity, p } from '@mikro-orm/core'

import { isOneOf } from '../checks.ts'
import { createdAt, id, updatedAt } from '../columns.ts'
import { TextArrayType } from '../text-array.ts'
import { PROFILE_DEPTHS, type ProfileDepth } from '../vocabularies.ts'

export const ProfileSchema = defineEntity({
  name: 'Profile',
  tableName: 'profiles',
  properties: {
    id: id(),
    name: p.text().unique('profiles_name_key'),
    categories: p.type(TextArrayType),
    promptFocus: p.text(),
    depth: p.text().$type<ProfileDepth>(),
    customInstructions: p.text().nullable(),
    isBuiltin: p.boolean().default(false),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  checks: [isOneOf('profiles', 'depth', PROFILE_DEPTHS)],
})

/** How to ask for facts: the categories, the focus and the depth. Built-in ones are seeded. */
export class Profile extends ProfileSchema.class {}
ProfileSchema.setClass(Profile)

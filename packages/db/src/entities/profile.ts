import { defineEntity, p } from '@mikro-orm/core'

import { createdAt, id, updatedAt } from '../columns.ts'

const ProfileSchema = defineEntity({
  name: 'Profile',
  tableName: 'profiles',
  properties: {
    id: id(),
    name: p.text().unique('profiles_name_key'),
    categories: p.array(),
    promptFocus: p.text(),
    depth: p.text(),
    customInstructions: p.text().nullable(),
    isBuiltin: p.boolean().nullable().default(false),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
})

/** How to ask for facts: the categories, the focus and the depth. Built-in ones are seeded. */
export class Profile extends ProfileSchema.class {}
ProfileSchema.setClass(Profile)

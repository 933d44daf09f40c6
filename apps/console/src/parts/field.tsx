import type { ComponentChildren } from 'preact'

/** An input with its label, and what helps to fill it in. */
export function Field(props: {
  readonly id: string
  readonly label: string
  readonly hint?: string
  readonly children: ComponentChildren
}) {
  const { id, label, hint, children } = props
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {hint && (
        <p class="fine" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}

export function Choice(props: {
  readonly id: string
  readonly value: string
  readonly options: readonly (readonly [value: string, label: string])[]
  readonly onChange: (value: string) => void
}) {
  const { id, value, options, onChange } = props
  return (
    <select id={id} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
      {options.map(([option, label]) => (
        <option key={option} value={option}>
          {label}
        </option>
      ))}
    </select>
  )
}

export function Line(props: {
  readonly id: string
  readonly label: string
  readonly value: string
  readonly isRequired?: boolean
  readonly hint?: string
  readonly onInput: (value: string) => void
}) {
  const { id, label, value, isRequired = false, hint, onInput } = props
  return (
    <Field id={id} label={label} {...(hint && { hint })}>
      <input
        id={id}
        required={isRequired}
        aria-describedby={hint && `${id}-hint`}
        value={value}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
    </Field>
  )
}

/** A value as the JSON that PostgreSQL has written. Whoever only passes it on need not read it. */
export class JsonText<Value> {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  parse(): Value {
    return JSON.parse(this.text) as Value
  }
}

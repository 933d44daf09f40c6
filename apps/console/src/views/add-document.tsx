import type { TargetedSubmitEvent } from 'preact'
import { useState } from 'preact/hooks'
import type { Source } from '../api/types.ts'
import { Field, Line } from '../parts/field.tsx'
import { Refused } from '../parts/states.tsx'
import { useApi } from '../state/session.ts'
import { useAction } from '../state/use-action.ts'
import { readTextFile } from '../text/read-file.ts'
import { sayCount } from '../text/words.ts'

const EMPTY = { content: '', uri: '', source_group: '', title: '' }

/** Posts a document that was pasted, or that a file has. */
export function AddDocument(props: {
  readonly project: string
  readonly onAdded: (source: Source) => void
}) {
  const api = useApi()
  const { run, isBusy, refusal } = useAction()
  const [asked, setAsked] = useState(EMPTY)
  const [added, setAdded] = useState('')
  const set = (change: Partial<typeof EMPTY>) => setAsked((before) => ({ ...before, ...change }))
  const choose = (file: File) => run(async () => set(await readDocument(file)))
  const add = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    setAdded('')
    run(async () => {
      const source = await api.post<Source>(`/projects/${props.project}/sources`, toBody(asked))
      setAdded(`Added ${source.title ?? source.uri}.`)
      setAsked({ ...EMPTY, source_group: asked.source_group })
      props.onAdded(source)
    })
  }
  return (
    <form class="panel" onSubmit={add} aria-labelledby="add-document">
      <h2 id="add-document">Add a document</h2>
      <Refused refusal={refusal} />
      <p role="status" class={added ? 'notice good' : 'silent'}>
        {added}
      </p>
      <Content content={asked.content} set={set} />
      {/* A new one after each document: else it names the last file, and hears nothing where that is chosen again. */}
      <ChooseFile key={added} choose={choose} />
      <About asked={asked} set={set} />
      <button type="submit" class="main" disabled={isBusy}>
        Add document
      </button>
    </form>
  )
}

function toBody({ title, ...rest }: typeof EMPTY) {
  return title === '' ? rest : { ...rest, title }
}

async function readDocument(file: File) {
  return { content: await readTextFile(file), uri: `file:${file.name}`, title: file.name }
}

type Set = (change: Partial<typeof EMPTY>) => void

function Content({ content, set }: { readonly content: string; readonly set: Set }) {
  const hint =
    content === '' ? 'Markdown or plain text.' : `${sayCount(content.length)} characters.`
  return (
    <Field id="content" label="Text" hint={hint}>
      <textarea
        id="content"
        required
        rows={8}
        spellcheck={false}
        aria-describedby="content-hint"
        value={content}
        onInput={({ currentTarget }) => set({ content: currentTarget.value })}
      />
    </Field>
  )
}

function ChooseFile({ choose }: { readonly choose: (file: File) => void }) {
  return (
    <Field id="file" label="Or a file">
      <input
        id="file"
        type="file"
        accept=".md,.markdown,.txt,text/plain,text/markdown"
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0]
          if (file) choose(file)
        }}
      />
    </Field>
  )
}

function About({ asked, set }: { readonly asked: typeof EMPTY; readonly set: Set }) {
  return (
    <>
      <Line
        id="uri"
        label="URI"
        hint="What it is known by. The same URI again replaces the text."
        isRequired
        value={asked.uri}
        onInput={(uri) => set({ uri })}
      />
      <Line
        id="group"
        label="Group"
        hint="What it is about: a product, a company."
        isRequired
        value={asked.source_group}
        onInput={(group) => set({ source_group: group })}
      />
      <Line
        id="title"
        label="Title (optional)"
        value={asked.title}
        onInput={(title) => set({ title })}
      />
    </>
  )
}

import { Comment, CommentTag, Converter } from 'typedoc'

/** What readers look for, by the room of the source that has it. */
const titles = {
  equations: 'Neurons',
  neurons: 'Neurons',
  nn: 'Networks',
  models: 'Networks',
  train: 'Training',
  losses: 'Training',
  data: 'Data',
  formats: 'Data',
  analysis: 'Analyses',
  report: 'Pictures and reports',
  interop: 'Other programs',
  backends: 'Backends',
}

/** Puts every exported name into the category of its room, so that the reference has a table of contents. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const reflection of project.children ?? []) {
      const file = reflection.sources?.[0]?.fullFileName ?? ''
      const [, room = ''] = /[\\/]src[\\/]([\w-]+)[\\/]/.exec(file) ?? []
      const started = /[\\/]src[\\/][\w.-]+$/.test(file)
      reflection.comment ??= new Comment()
      const title = titles[room] ?? (started ? 'Training' : 'The rest')
      reflection.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: title }]))
    }
    // Links to source files would need a published repository.
    for (const reflection of Object.values(project.reflections)) delete reflection.sources
  })
}

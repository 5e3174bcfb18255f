/**
 * What the kernel sends (nbflow/widget/state.py).
 *
 * @typedef {"H"|"W"|"Q"|"R"|"T"|"V"|"B"|"L"|"S"|"D"|"U"|"M"|"F"|"K"|"C"|"N"} Letter one status
 * @typedef {{word: string, glyph: string, stroke: string, fill: string, tile?: [filled: boolean, mark: string]}} Look how a status is said and
 *   drawn; *tile*: as a cell of a strip
 * @typedef {[x: number, y: number, across: number, width: number, height: number, gap: number]} Cells the grid of a strip
 * @typedef {[name: string, x: number, y: number, width: number, height: number, label: string, form: "node"|"cell"|"strip", jobs: number[],
 *   note?: string, cells?: Cells|null, badges?: string[]]} Node *jobs*: of a strip as runs
 * @typedef {[group: string, x: number, y: number, width: number, height: number, title: string, words: string, short: string]} Frame *words*: what its policy asks for
 * @typedef {{nodes: Node[], links: [number, number][], wires: string[], stands: number[], ends: [number, number][], frames: Frame[], fans: Record<string, [group: string, jobs: number, folded: boolean, plain: boolean]>, members: Record<string, number[]>,
 *   made: number[], makers: Record<string, string>,
 *   width: number, height: number}} Graph
 * @typedef {[text: string, tick?: ""|"up"|"down", at?: number, letter?: string]|null} Caption "{}" in the text is a time that ticks; *letter*: of a strip
 * @typedef {[verdict: string, succeeded: number, members: number, why: string, going: number, failed: number,
 *   good: number, bad: number]} Group *good* and *bad* are about members, groups within being one each
 * @typedef {{flow: string, run: number, verdict: string, counts: [Letter, number][], started_at: number|null,
 *   ended_at: number|null, groups: Record<string, Group>, paused: boolean, left_at?: number|null, fault?: string, past?: boolean}} Head *past*: an earlier run's
 * @typedef {{started_at: number|null, ended_at: number|null, end: string, reason: string, exit_code?: number|null, signal?: string|null}} Part of a job's history
 * @typedef {Part & {step: "recovery"|"rollback"|"fallback", name: string}} Step what followed an attempt
 * @typedef {Part & {number: number, generation: number, memory: number|null, cpu: number|null, rule: string, steps: Step[]}} Attempt
 * @typedef {[out: number, err: number]} At a place in a log: bytes of its streams before it
 * @typedef {[stream: string, text: string]} Piece of a log
 * @typedef {{pieces: Piece[], from: At, to: At, size: At}} LogPart
 * @typedef {LogPart & {traceback: string}} Log its end
 * @typedef {[number: number, step: number|null]} Place an attempt, or a step by its place among those that followed it
 * @typedef {{why: string, kind: string, asked: string, generation: number, tried: number, of: number, executor: string,
 *   outputs: string[], attempts: Attempt[], current: Place|[], last_good: number|null, follow: [number, number], needs: string[], needed_by: string[], members: Record<string, string[]>, facts: [string, string][],
 *   commands: [string, string][], declared_at?: number|null, logs: Record<string, Log>}} Details
 *
 * The part of anywidget's model that is used.
 * @typedef {{get(name: string): any, on(name: string, done: Function): void, off(name: string, done: Function): void,
 *   send(message: object): void, widget_manager?: any}} Model
 */
export {};

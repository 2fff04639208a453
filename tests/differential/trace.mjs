// SPDX-License-Identifier: MIT
//
// The same as trace.c, with V8: see there for the form. An instance that must not run here (one
// that our engine gave up on) is not in the pack, so nothing in it needs a watchdog.
//
//   node trace.mjs [--validate] PACK
import { readFileSync, writeSync } from 'node:fs'

const lines = []
const put = (line) => {
	lines.push(line)
}
const flush = () => {
	if (lines.length) writeSync(1, lines.join('\n') + '\n')
	lines.length = 0
}

const view = new DataView(new ArrayBuffer(8))
const hex = (number, digits) => number.toString(16).padStart(digits, '0')
const show = {
	i32: (v) => 'i32:' + hex(v >>> 0, 8),
	i64: (v) => 'i64:' + hex(BigInt.asUintN(64, v), 16),
	f32: (v) => {
		view.setFloat32(0, v)
		return 'f32:' + (Number.isNaN(v) ? 'nan' : hex(view.getUint32(0), 8))
	},
	f64: (v) => {
		view.setFloat64(0, v)
		return 'f64:' + (Number.isNaN(v) ? 'nan' : hex(view.getBigUint64(0), 16))
	},
	ref: (v) => 'ref:' + (v === null ? 'null' : 'some'),
}

const integers = [0, 1, -1, 0x7fffffff, -0x80000000, 42, 65536, 305419896]
const floats = [0, -0, 1.5, -3.25e10, Infinity, -Infinity, 1e-40, 12345.678]
const argument = (type, func, param) => {
	const pick = (func * 31 + param * 17 + 7) % 8
	if (type === 'i32') return integers[pick]
	if (type === 'i64') return BigInt.asIntN(64, BigInt(integers[pick]) * 0x100000001n)
	if (type === 'f32') return Math.fround(floats[pick])
	return type === 'f64' ? floats[pick] : null
}

// The JavaScript interface tells no signature, so the types and exports are read from the bytes.
// The module is known to be valid.
const TYPES = { 0x7f: 'i32', 0x7e: 'i64', 0x7d: 'f32', 0x7c: 'f64', 0x70: 'ref', 0x6f: 'ref' }
const signatures = (bytes) => {
	let at = 8
	const byte = () => bytes[at++]
	const u32 = () => {
		let value = 0
		for (let shift = 0; ; shift += 7) {
			const b = byte()
			value |= (b & 0x7f) << shift
			if (b < 0x80) return value >>> 0
		}
	}
	const list = (item) => Array.from({ length: u32() }, item)
	const text = () => {
		const length = u32()
		at += length
		return Buffer.from(bytes.subarray(at - length, at)).toString('latin1')
	}
	const limits = () => {
		if (u32() & 1) u32()
		u32()
	}
	const types = []
	const funcs = []
	const globals = []
	const wanted = []
	const found = []
	const constant = () => {
		for (;;) {
			const op = byte()
			if (op === 0x0b) return
			if (op === 0x43) at += 4
			else if (op === 0x44) at += 8
			else if (op === 0xd0) byte()
			else if (op === 0x41 || op === 0x42) while (byte() & 0x80);
			else if (op === 0x23 || op === 0xd2) u32()
		}
	}
	while (at < bytes.length) {
		const id = byte()
		const size = u32()
		const end = at + size
		if (id === 1)
			list(() => {
				byte()
				types.push([list(() => TYPES[byte()]), list(() => TYPES[byte()])])
			})
		else if (id === 2)
			list(() => {
				text()
				const name = text()
				const kind = byte()
				if (kind === 0) {
					funcs.push(u32())
					wanted.push([name, types[funcs.at(-1)]])
				}
				else if (kind === 1) {
					byte()
					limits()
				} else if (kind === 2) limits()
				else {
					globals.push(TYPES[byte()])
					byte()
				}
			})
		else if (id === 3) list(() => funcs.push(u32()))
		else if (id === 6)
			list(() => {
				globals.push(TYPES[byte()])
				byte()
				constant()
			})
		else if (id === 7)
			list(() => {
				const name = text()
				const kind = byte()
				const index = u32()
				found.push({ name, kind, index, utf8: Buffer.from(name, 'latin1').toString('utf8') })
			})
		at = end
	}
	return {
		wanted,
		entries: found.map((e) => ({
			...e,
			type: e.kind === 0 ? types[funcs[e.index]] : e.kind === 3 ? globals[e.index] : null,
		})),
	}
}

const WORDS = [
	[/unreachable/, 'unreachable'],
	[/memory access out of bounds|data segment/, 'memory-bounds'],
	[/table index is out of bounds|table access|element segment|table initializer/, 'table-bounds'],
	[/signature mismatch|null function/, 'call-type'],
	[/divide by zero|remainder by zero/, 'divide-by-zero'],
	[/unrepresentable/, 'unrepresentable'],
]
// False: nothing after this can be compared.
const putTrap = (error) => {
	if (error instanceof RangeError) {
		put('stop stack')
		return false
	}
	const word = WORDS.find(([pattern]) => pattern.test(error.message))
	put('trap ' + (word ? word[1] : 'unknown: ' + error.message))
	return true
}

const log = (type) => (value) => put('log ' + show[type](value))
const imports = {
	'fuzzing-support': {
		'log-i32': log('i32'),
		'log-i64': log('i64'),
		'log-f32': log('f32'),
		'log-f64': log('f64'),
	},
}

const call = (exports, entry, number) => {
	const [params, results] = entry.type
	if (params.length > 64) return true
	const args = params.map((type, p) => argument(type, number, p))
	put(['call', entry.name, ...params.map((type, p) => show[type](args[p]))].join(' '))
	try {
		const guard = exports.hangLimitInitializer
		if (guard && guard.length === 0) guard()
		let got = exports[entry.utf8](...args)
		if (results.length === 0) got = []
		else if (results.length === 1) got = [got]
		put(['return', ...results.map((type, i) => show[type](got[i]))].join(' '))
		return true
	} catch (error) {
		return putTrap(error)
	}
}

const putMemory = (memory) => {
	const words = new Uint32Array(memory.buffer)
	let hash = 2166136261 | 0
	for (let i = 0; i < words.length; i++) {
		hash = Math.imul(hash ^ words[i], 16777619)
		hash ^= hash >>> 15
	}
	put(`memory ${words.length >>> 14} ${hex(hash >>> 0, 8)}`)
}

const trace = (bytes, validateOnly) => {
	let module
	try {
		module = new WebAssembly.Module(bytes)
	} catch (error) {
		put('invalid ' + error.message.replace(/\n/g, ' '))
		return
	}
	put('valid')
	if (validateOnly) return
	const { wanted, entries } = signatures(bytes)
	let instance
	// To V8 a JavaScript function is of any type; to us a log is of one.
	if (!wanted.every(([name, [params, results]]) =>
			name.replace('log-', '') === params.join() && !results.length)) {
		put('unlinkable')
		return
	}
	try {
		instance = new WebAssembly.Instance(module, imports)
	} catch (error) {
		if (error instanceof WebAssembly.LinkError || error instanceof TypeError) put('unlinkable')
		else putTrap(error)
		return
	}
	let number = 0
	for (const entry of entries)
		if (entry.kind === 0 && !call(instance.exports, entry, number++)) return
	for (const entry of entries) {
		if (entry.kind === 2) putMemory(instance.exports[entry.utf8])
		else if (entry.kind === 3)
			put(`global ${entry.name} ${show[entry.type](instance.exports[entry.utf8].value)}`)
	}
}

const pack = readFileSync(process.argv.at(-1))
const validateOnly = process.argv.includes('--validate')
for (let at = 0, number = 0; at < pack.length; number++) {
	const length = pack.readUInt32LE(at)
	put('module ' + number)
	trace(new Uint8Array(pack.subarray(at + 4, at + 4 + length)), validateOnly)
	flush()
	at += 4 + length
}

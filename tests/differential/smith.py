# SPDX-License-Identifier: MIT
"""Makes random valid modules, by seed: module(random.Random(seed)) -> bytes.

They aim at where translators go wrong and other generators seldom look: values that wait on the
stack while blocks, branches and calls go by; blocks with parameters; br_table with values; locals
set while older reads of them wait; references and tables; tail calls; code that cannot be reached.

Everything ends soon: functions and loops count a global down, and trap when it is used up; the
export "hangLimitInitializer" winds it up. Where the bits of a NaN could be seen (stored,
reinterpreted, as a sign) it is replaced first, because engines may differ there.
"""
I32, I64, F32, F64, FUNC, EXTERN = 0x7F, 0x7E, 0x7D, 0x7C, 0x70, 0x6F
NUMBERS = (I32, I64, F32, F64)
TURNS = 60
LOGS = {I32: 0, I64: 1, F32: 2, F64: 3}
GUARD = 0  # the global's index
PAGE = 0x10000


def u32(value):
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        if not value:
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


def signed(value):
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        if (value == 0 and not byte & 0x40) or (value == -1 and byte & 0x40):
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


def vector(items):
    return u32(len(items)) + b''.join(items)


def name(text):
    return u32(len(text)) + text.encode()


def section(number, body):
    return bytes([number]) + u32(len(body)) + body


def function_type(params, results):
    return b'\x60' + vector([bytes([t]) for t in params]) + vector([bytes([t]) for t in results])


def operations():
    """(operands, result, bytes, is the sign of the last operand seen)"""
    ops = []

    def add(operands, result, codes, sees=False):
        ops.extend((operands, result, bytes([code]), sees) for code in codes)

    add((I32,), I32, [0x45, 0x67, 0x68, 0x69, 0xC0, 0xC1])
    add((I32, I32), I32, [*range(0x46, 0x50), *range(0x6A, 0x79)])
    add((I64,), I32, [0x50, 0xA7])
    add((I64, I64), I32, range(0x51, 0x5B))
    add((F32, F32), I32, range(0x5B, 0x61))
    add((F64, F64), I32, range(0x61, 0x67))
    add((I64,), I64, [0x79, 0x7A, 0x7B, 0xC2, 0xC3, 0xC4])
    add((I64, I64), I64, range(0x7C, 0x8B))
    add((F32,), F32, range(0x8B, 0x92))
    add((F32, F32), F32, range(0x92, 0x98))
    add((F32, F32), F32, [0x98], True)
    add((F64,), F64, range(0x99, 0xA0))
    add((F64, F64), F64, range(0xA0, 0xA6))
    add((F64, F64), F64, [0xA6], True)
    add((F32,), I32, [0xA8, 0xA9])
    add((F64,), I32, [0xAA, 0xAB])
    add((I32,), I64, [0xAC, 0xAD])
    add((F32,), I64, [0xAE, 0xAF])
    add((F64,), I64, [0xB0, 0xB1])
    add((I32,), F32, [0xB2, 0xB3, 0xBE])
    add((I64,), F32, [0xB4, 0xB5])
    add((F64,), F32, [0xB6])
    add((I32,), F64, [0xB7, 0xB8])
    add((I64,), F64, [0xB9, 0xBA, 0xBF])
    add((F32,), F64, [0xBB])
    add((F32,), I32, [0xBC], True)
    add((F64,), I64, [0xBD], True)
    for code in range(8):
        ops.append((((F32, F64)[code >> 1 & 1],), (I32, I64)[code >> 2],
                    b'\xfc' + bytes([code]), False))
    return ops


OPERATIONS = operations()
LOADS = {I32: [0x28, 0x2C, 0x2D, 0x2E, 0x2F], I64: [0x29, *range(0x30, 0x36)], F32: [0x2A],
         F64: [0x2B]}
STORES = {I32: [0x36, 0x3A, 0x3B], I64: [0x37, 0x3C, 0x3D, 0x3E], F32: [0x38], F64: [0x39]}
INTERESTING = [0, 1, 2, 3, 7, 8, 31, 32, 63, 64, 127, 128, 255, 256, 32767, 32768, 65535, 65536,
               -1, -2, -128, -129, -32768, -32769, 0x7FFFFFFF, -0x80000000, 1000]
FLOATS32 = ['00000000', '00000080', '0000803f', '000080bf', '0000807f', '000080ff', '0000c07f',
            '01000000', '0000004f', '000000cf', 'ffff7f7f', '0000c03f']
FLOATS64 = ['0000000000000000', '0000000000000080', '000000000000f03f', '000000000000f0bf',
            '000000000000f07f', '000000000000f0ff', '000000000000f87f', '0100000000000000',
            '000000000000e041', '000000000000e0c3', '000000000000e043', 'ffffffffffffef7f']


class Module:
    def __init__(self, rng):
        self.rng = rng
        self.types = []
        self.globals = [I32]  # the guard
        self.mutable = [True]
        for _ in range(rng.randrange(1, 7)):
            self.globals.append(rng.choice(NUMBERS + (FUNC, EXTERN)))
            self.mutable.append(rng.random() < 0.8)
        self.funcs = [self.type_index((t,), ()) for t in NUMBERS]  # the imports
        for _ in range(rng.randrange(2, 8)):
            self.funcs.append(self.type_index(*self.random_type()))
        self.tables = [FUNC, EXTERN, FUNC][:rng.randrange(1, 4)]
        self.passive = rng.randrange(1, 3)
        # What the first table begins with: most indirect calls are to these, of the right type.
        self.callable = [rng.randrange(len(self.funcs)) for _ in range(rng.randrange(1, 6))]

    def random_type(self):
        pick = self.rng.choice
        kinds = NUMBERS * 3 + (FUNC, EXTERN)
        return (tuple(pick(kinds) for _ in range(pick((0, 1, 1, 2, 3, 5)))),
                tuple(pick(kinds) for _ in range(pick((0, 1, 1, 1, 2, 3)))))

    def type_index(self, params, results):
        if (params, results) not in self.types:
            self.types.append((params, results))
        return self.types.index((params, results))

    def init(self, kind):
        """A constant expression."""
        if kind == FUNC and self.rng.random() < 0.6:
            return b'\xd2' + u32(self.rng.randrange(len(self.funcs))) + b'\x0b'
        return constant(self.rng, kind) + b'\x0b'

    def exports(self):
        out = [name('hangLimitInitializer') + b'\x00' + u32(len(self.funcs))]
        out += [name(f'f{i}') + b'\x00' + u32(i) for i in range(4, len(self.funcs))]
        out += [name(f'g{i}') + b'\x03' + u32(i) for i in range(1, len(self.globals))]
        return vector(out + [name('memory') + b'\x02\x00'])

    def elements(self):
        active = b'\x00\x41\x00\x0b' + vector([u32(index) for index in self.callable])
        passive = b'\x01\x00' + vector([u32(self.rng.randrange(len(self.funcs)))
                                        for _ in range(4)])
        declared = b'\x03\x00' + vector([u32(i) for i in range(len(self.funcs))])
        return vector([active] + [passive] * self.passive + [declared])

    def encode(self):
        rng = self.rng
        code = [Function(self, index).encode() for index in range(4, len(self.funcs))]
        wind = b'\x41' + signed(TURNS) + b'\x24\x00\x0b'
        code.append(u32(len(wind) + 1) + b'\x00' + wind)
        data = [rng.randbytes(rng.randrange(20)) for _ in range(self.passive)]
        void = self.type_index((), ())
        imports = [name('fuzzing-support') + name('log-' + kind) + b'\x00' + u32(i)
                   for i, kind in enumerate(('i32', 'i64', 'f32', 'f64'))]
        own = self.funcs[4:] + [void]
        return b'\0asm\1\0\0\0' + b''.join((
            section(1, vector([function_type(*t) for t in self.types])),
            section(2, vector(imports)),
            section(3, vector([u32(t) for t in own])),
            section(4, vector([bytes([t]) + b'\x01\x0a\x14' for t in self.tables])),
            section(5, b'\x01\x01\x01\x03'),
            section(6, vector([bytes([t, m]) + (b'\x41\x28\x0b' if i == GUARD else self.init(t))
                               for i, (t, m) in enumerate(zip(self.globals, self.mutable))])),
            section(7, self.exports()),
            section(9, self.elements()),
            section(12, u32(1 + len(data))),
            section(10, vector(code)),
            section(11, vector([b'\x00\x41\x10\x0b\x04wasm'] +
                               [b'\x01' + u32(len(d)) + d for d in data]))))


def constant(rng, kind):
    if kind in (I32, I64):
        value = rng.choice(INTERESTING) if rng.random() < 0.7 else rng.getrandbits(31) - (1 << 30)
        if kind == I64 and rng.random() < 0.3:
            value = rng.getrandbits(64) - (1 << 63)
        return (b'\x41' if kind == I32 else b'\x42') + signed(value)
    if kind == F32:
        return b'\x43' + bytes.fromhex(rng.choice(FLOATS32))
    if kind == F64:
        return b'\x44' + bytes.fromhex(rng.choice(FLOATS64))
    return b'\xd0' + bytes([kind])


class Function:
    """One body. `stack` holds the types that the current block may use; `labels` the types that
    a branch to each takes, innermost last."""

    def __init__(self, module, index):
        self.module, self.rng = module, module.rng
        self.params, self.results = module.types[module.funcs[index]]
        self.locals = [self.rng.choice(NUMBERS * 3 + (FUNC, EXTERN))
                       for _ in range(self.rng.randrange(6))]
        self.scratch = {F32: len(self.params) + len(self.locals),
                        F64: len(self.params) + len(self.locals) + 1}
        self.all = list(self.params) + self.locals + [F32, F64]
        self.out = bytearray()
        self.stack = []
        self.labels = []
        self.budget = self.rng.choice((10, 30, 60, 120))

    def encode(self):
        self.guard()
        self.labels.append(self.results)
        self.block_body(self.results)
        self.out += b'\x0b'
        declared = vector([b'\x01' + bytes([t]) for t in self.all[len(self.params):]])
        return u32(len(declared) + len(self.out)) + declared + bytes(self.out)

    def guard(self):
        self.out += b'\x23\x00\x45\x04\x40\x00\x0b\x23\x00\x41\x01\x6b\x24\x00'

    # ---- stack ----

    def push(self, kind):
        """Some value of a type."""
        choices = [i for i, t in enumerate(self.all) if t == kind]
        roll = self.rng.random()
        globals_ = [i for i, t in enumerate(self.module.globals) if t == kind and i != GUARD]
        if choices and roll < 0.55:
            self.out += b'\x20' + u32(self.rng.choice(choices))
        elif globals_ and roll < 0.65:
            self.out += b'\x23' + u32(self.rng.choice(globals_))
        elif kind == FUNC and roll < 0.85:
            self.out += b'\xd2' + u32(self.rng.randrange(len(self.module.funcs)))
        else:
            self.out += constant(self.rng, kind)
        self.stack.append(kind)

    def need(self, kinds):
        """Makes the top of the stack be of these types, using what is there if it fits."""
        kinds = list(kinds)
        for have in range(min(len(kinds), len(self.stack)), -1, -1):
            if not have or self.stack[-have:] == kinds[:have]:
                for kind in kinds[have:]:
                    self.push(kind)
                return

    def pop(self, count):
        del self.stack[len(self.stack) - count:]

    def no_nan(self, kind):
        """The top value, or 0 if it is a NaN."""
        at = u32(self.scratch[kind])
        zero = b'\x43' + bytes(4) if kind == F32 else b'\x44' + bytes(8)
        equal = b'\x5b' if kind == F32 else b'\x61'
        self.out += b'\x22' + at + zero + b'\x20' + at + b'\x20' + at + equal + b'\x1b'

    # ---- steps ----

    def block_body(self, results):
        while self.budget > 0:
            self.budget -= 1
            if self.rng.random() < 0.12 and len(self.labels) > 1:
                break
            self.step()
        self.settle(results)

    def settle(self, results):
        while tuple(self.stack) != tuple(results):
            if tuple(self.stack) == tuple(results[:len(self.stack)]):
                self.push(results[len(self.stack)])
            else:
                self.consume()

    def consume(self):
        kind = self.stack.pop()
        locals_ = [i for i, t in enumerate(self.all) if t == kind]
        if kind in LOGS and self.rng.random() < 0.3:
            self.out += b'\x10' + u32(LOGS[kind])
        elif locals_ and self.rng.random() < 0.5:
            self.out += b'\x21' + u32(self.rng.choice(locals_))
        else:
            self.out += b'\x1a'

    def step(self):
        steps = ((self.step_operation, 30), (self.step_value, 16), (self.step_local, 14),
                 (self.step_block, 9), (self.step_branch_if, 6), (self.step_memory, 9),
                 (self.step_call, 6), (self.step_select, 5), (self.step_global, 4),
                 (self.step_table, 5), (self.step_bulk, 3), (self.step_leave, 2))
        self.rng.choices([s for s, _ in steps], [w for _, w in steps])[0]()

    def step_value(self):
        self.push(self.rng.choice(NUMBERS))

    def step_operation(self):
        top = self.stack[-1] if self.stack else None
        fits = [op for op in OPERATIONS if op[0][-1] == top] or OPERATIONS
        operands, result, code, sees = self.rng.choice(fits)
        self.need(operands)
        if sees:
            self.no_nan(operands[-1])
        self.out += code
        self.pop(len(operands))
        self.stack.append(result)

    def step_local(self):
        if not self.stack:
            self.step_value()
        locals_ = [i for i, t in enumerate(self.all) if t == self.stack[-1]]
        if not locals_:
            return
        if self.rng.random() < 0.5:
            self.out += b'\x22' + u32(self.rng.choice(locals_))
        else:
            self.out += b'\x21' + u32(self.rng.choice(locals_))
            self.stack.pop()

    def step_global(self):
        choices = [i for i, m in enumerate(self.module.mutable) if m and i != GUARD]
        if not choices:
            return
        index = self.rng.choice(choices)
        self.need((self.module.globals[index],))
        self.out += b'\x24' + u32(index)
        self.stack.pop()

    def step_select(self):
        kind = self.rng.choice(NUMBERS + (FUNC, EXTERN))
        self.need((kind, kind, I32))
        if kind in NUMBERS and self.rng.random() < 0.7:
            self.out += b'\x1b'
        else:
            self.out += b'\x1c\x01' + bytes([kind])
        self.pop(3)
        self.stack.append(kind)

    def step_block(self):
        rng = self.rng
        if len(self.labels) > 6:
            return
        opcode = rng.choice((0x02, 0x02, 0x03, 0x04, 0x04))
        if opcode == 0x04:
            self.need((I32,))
            self.stack.pop()
        params = tuple(self.stack[len(self.stack) - rng.randrange(min(3, len(self.stack)) + 1):])
        results = tuple(rng.choice(NUMBERS) for _ in range(rng.choice((0, 0, 1, 1, 2, 3))))
        if not params and len(results) < 2:
            kind = bytes([results[0]]) if results else b'\x40'
        else:
            kind = signed(self.module.type_index(params, results))
        self.out += bytes([opcode]) + kind
        self.pop(len(params))
        below, self.stack = self.stack, list(params)
        self.labels.append(params if opcode == 0x03 else results)
        if opcode == 0x03:
            self.guard()
        self.block_body(results)
        if opcode == 0x04 and (params != results or rng.random() < 0.6):
            self.out += b'\x05'
            self.stack = list(params)
            self.block_body(results)
        self.out += b'\x0b'
        self.labels.pop()
        self.stack = below + list(results)

    def step_branch_if(self):
        label = self.rng.randrange(len(self.labels))
        self.need(self.labels[-1 - label])
        self.stack = list(self.stack)
        self.condition()
        self.out += b'\x0d' + u32(label)

    def condition(self):
        """Pushes an i32, often a comparison, and takes it off the types again."""
        if self.rng.random() < 0.6:
            kind = self.rng.choice(NUMBERS)
            first = {I32: 0x46, I64: 0x51, F32: 0x5B, F64: 0x61}[kind]
            self.push(kind)
            self.push(kind)
            self.out += bytes([first + self.rng.randrange(6)])
            self.pop(2)
            if self.rng.random() < 0.3:
                self.out += b'\x45'
        else:
            self.push(I32)
            self.stack.pop()

    def step_leave(self):
        """Leaves for good: what follows cannot be reached, and the stack holds anything."""
        rng = self.rng
        roll = rng.random()
        if len(self.labels) < 2 and rng.random() < 0.8:
            return
        if roll < 0.4:
            label = rng.randrange(len(self.labels))
            self.need(self.labels[-1 - label])
            self.out += b'\x0c' + u32(label)
        elif roll < 0.75:
            first = rng.randrange(len(self.labels))
            same = [i for i in range(len(self.labels))
                    if self.labels[-1 - i] == self.labels[-1 - first]]
            self.need(self.labels[-1 - first])
            self.push(I32)
            self.out += b'\x0e' + vector([u32(rng.choice(same))
                                          for _ in range(rng.randrange(5))]) + u32(first)
        elif roll < 0.85:
            self.need(self.results)
            self.out += b'\x0f'
        elif roll < 0.95:
            self.tail_call()
        else:
            self.out += b'\x00'
        self.stack = []

    def tail_call(self):
        same = [i for i, t in enumerate(self.module.funcs)
                if self.module.types[t][1] == self.results]
        if not same:
            self.out += b'\x00'
            return
        index = self.rng.choice(same)
        self.need(self.module.types[self.module.funcs[index]][0])
        if self.rng.random() < 0.6:
            self.out += b'\x12' + u32(index)
            return
        self.callee(index)
        self.out += b'\x13' + u32(self.module.funcs[index]) + b'\x00'

    def callee(self, index):
        """Pushes where in the table a function stands, if it does."""
        if index in self.module.callable and self.rng.random() < 0.9:
            self.out += b'\x41' + signed(self.module.callable.index(index))
        else:
            self.table_index()

    def table_index(self):
        self.push(I32)
        self.stack.pop()
        if self.rng.random() < 0.95:
            self.out += b'\x41\x07\x71'

    def step_call(self):
        direct = self.rng.random() < 0.6
        index = (self.rng.randrange(len(self.module.funcs)) if direct else
                 self.rng.choice(self.module.callable))
        params, results = self.module.types[self.module.funcs[index]]
        self.need(params)
        if direct:
            self.out += b'\x10' + u32(index)
        else:
            self.callee(index)
            self.out += b'\x11' + u32(self.module.funcs[index]) + b'\x00'
        self.pop(len(params))
        self.stack += results

    # ---- memory and tables ----

    def address(self, mask=0x3FFF):
        self.need((I32,))
        if self.rng.random() < 0.97:
            self.out += b'\x41' + signed(mask) + b'\x71'

    def step_memory(self):
        kind = self.rng.choice(NUMBERS)
        wild = self.rng.random() < 0.03
        offset = u32(self.rng.choice((PAGE - 8, PAGE, 0xFFFFFFFF) if wild else (0, 0, 1, 4, 100)))
        if self.rng.random() < 0.5:
            self.address()
            self.out += bytes([self.rng.choice(LOADS[kind])]) + b'\x00' + offset
            self.stack[-1] = kind
            return
        self.address()
        self.push(kind)
        if kind in self.scratch:
            self.no_nan(kind)
        self.out += bytes([self.rng.choice(STORES[kind])]) + b'\x00' + offset
        self.pop(2)

    def small(self):
        """An i32 that is mostly small, for lengths."""
        self.out += b'\x41' + signed(self.rng.choice((0, 1, 2, 3, 8, 17, 255)))

    def step_bulk(self):
        roll = self.rng.random()
        segment = u32(self.rng.randrange(1 + self.module.passive))
        if roll < 0.2:
            self.out += b'\x3f\x00'
            self.stack.append(I32)
        elif roll < 0.35:
            self.out += b'\x41' + signed(self.rng.choice((0, 1, 1, 9))) + b'\x40\x00'
            self.stack.append(I32)
        elif roll < 0.5:
            self.out += b'\xfc\x09' + segment
        else:
            self.address()
            self.push(I32)
            self.out += b'\x41' + signed(0xFF if roll < 0.7 else 0x3FFF) + b'\x71'
            self.small()
            self.out += (b'\xfc\x08' + segment + b'\x00' if roll < 0.7 else
                         b'\xfc\x0a\x00\x00' if roll < 0.85 else b'\xfc\x0b\x00')
            self.pop(2)

    def step_table(self):
        rng = self.rng
        table = rng.randrange(len(self.module.tables))
        kind = self.module.tables[table]
        at = u32(table)
        roll = rng.random()
        if roll < 0.25:
            self.table_index()
            self.out += b'\x25' + at
            self.stack.append(kind)
        elif roll < 0.45:
            self.table_index()
            self.push(kind)
            self.stack.pop()
            self.out += b'\x26' + at
        elif roll < 0.55:
            self.out += b'\xfc\x10' + at
            self.stack.append(I32)
        elif roll < 0.65:
            self.push(kind)
            self.stack.pop()
            self.out += b'\x41' + signed(rng.choice((0, 1, 3, 100))) + b'\xfc\x0f' + at
            self.stack.append(I32)
        elif roll < 0.75:
            self.table_index()
            self.push(kind)
            self.stack.pop()
            self.small()
            self.out += b'\xfc\x11' + at
        elif roll < 0.85:
            self.need((rng.choice((FUNC, EXTERN)),))
            self.out += b'\xd1'
            self.stack[-1] = I32
        else:
            self.table_bulk(table, kind, at)

    def table_bulk(self, table, kind, at):
        rng = self.rng
        if kind == FUNC and rng.random() < 0.3:
            self.out += b'\xfc\x0d' + u32(rng.randrange(2 + self.module.passive))
            return
        self.table_index()
        self.table_index()
        self.small()
        if kind == FUNC and rng.random() < 0.5:
            self.out += b'\xfc\x0c' + u32(rng.randrange(2 + self.module.passive)) + at
        else:
            others = [i for i, t in enumerate(self.module.tables) if t == kind]
            self.out += b'\xfc\x0e' + at + u32(rng.choice(others))


def module(rng):
    return Module(rng).encode()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the examples of specs against spec.schema.json: check_schema.py docs/formats

Knows the keywords that the schema uses, and refuses a schema that uses another. An example must
hold; the same example with a key too many, or with a value of another type, must not.
"""
import copy
import glob
import json
import os
import re
import sys

ANNOTATIONS = {"$schema", "$id", "$defs", "title", "description", "default"}
TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
}


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def same(a, b):
    return type(a) is type(b) and a == b


class Checker:
    def __init__(self, schema):
        self.root = schema

    def holds(self, schema, value):
        return all(self.keyword(key, schema, value) for key in schema if key not in ANNOTATIONS)

    def keyword(self, key, schema, value):
        rule = schema[key]
        if key == "$ref":
            return self.holds(self.root["$defs"][rule.removeprefix("#/$defs/")], value)
        if key == "type":
            return any(is_type(value, t) for t in ([rule] if isinstance(rule, str) else rule))
        if key == "const":
            return same(value, rule)
        if key == "enum":
            return any(same(value, word) for word in rule)
        if key == "not":
            return not self.holds(rule, value)
        if key in ("oneOf", "allOf"):
            count = sum(self.holds(alternative, value) for alternative in rule)
            return count == (1 if key == "oneOf" else len(rule))
        if isinstance(value, str):
            size, low, high = len(value), "minLength", "maxLength"
            if key == "pattern":
                return re.search(rule, value) is not None
        elif isinstance(value, list):
            size, low, high = len(value), "minItems", "maxItems"
            if key == "items":
                return all(self.holds(rule, item) for item in value)
        elif isinstance(value, dict):
            size, low, high = 0, None, None
            if key == "required":
                return all(name in value for name in rule)
            if key == "properties":
                return all(self.holds(rule[n], value[n]) for n in rule if n in value)
            if key == "additionalProperties":
                assert rule is False
                return set(value) <= set(schema["properties"])
        else:
            size, low, high = value, "minimum", "maximum"
        if key == low:
            return size is None or size >= rule
        if key == high:
            return size is None or size <= rule
        assert key in {"pattern", "items", "required", "properties", "additionalProperties",
                       "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"}, key
        return True


def parts(value, path=()):
    """Every value inside, as a path to it."""
    yield path
    entries = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield from parts(entry, path + (key,))


def part(value, path):
    for key in path:
        value = value[key]
    return value


def spoilt(example):
    for path in parts(example):
        copied = copy.deepcopy(example)
        if isinstance(part(copied, path), dict):
            part(copied, path)["surplus"] = 1
            yield path, copied
        if path:
            copied = copy.deepcopy(example)
            part(copied, path[:-1])[path[-1]] = 0.5
            yield path, copied


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "spec.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    checker = Checker(schema)
    names = sorted(glob.glob(os.path.join(folder, "examples", "spec-*.json")))
    faults = [] if names else ["no examples"]
    count = 0
    for name in names:
        with open(name, encoding="utf-8") as file:
            example = json.load(file)
        if not checker.holds(schema, example):
            faults.append(f"{name}: does not hold")
        for path, other in spoilt(example):
            count += 1
            if checker.holds(schema, other):
                faults.append(f"{name}: holds although spoilt at {path}")
    print("\n".join(faults) or f"{len(names)} examples hold, {count} spoilt ones do not")
    return 1 if faults else 0


sys.exit(main())

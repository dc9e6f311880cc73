"""A scenario as nested dicts, lists and scalars, and its text; each line knows the place it came from."""


def lines(value, indent=0, path=()):
    """(text, path) of each line of a map."""
    for key, item in value.items():
        here = path + (key,)
        pad = " " * indent + f"{key}:"
        if isinstance(item, dict) and item:
            yield pad, here
            yield from lines(item, indent + 2, here)
        elif isinstance(item, list) and any(isinstance(i, dict) for i in item):
            yield pad, here
            for n, element in enumerate(item):
                first = True
                for text, place in lines(element, indent + 4, here + (n,)):
                    yield (" " * (indent + 2) + "- " + text[indent + 4:] if first else text), place
                    first = False
        else:
            yield f"{pad} {flow(item)}", here


def flow(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    return str(value)


def text(value):
    return "".join(line + "\n" for line, _ in lines(value))


def cut(value, path):
    """Takes what stands at the path out; a map or list that is then empty goes, too."""
    chain = [value]
    for step in path[:-1]:
        chain.append(chain[-1][step])
    for holder, step in zip(reversed(chain), reversed(path)):
        del holder[step]
        if holder:
            break


def at(value, path):
    for step in path:
        value = value[step]
    return value


def has(value, path):
    try:
        at(value, path)
    except (KeyError, IndexError, TypeError):
        return False
    return True

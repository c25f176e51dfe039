"""Dynamic workflows: loops over what is only known when they run, recursion, and their use within workflows."""

from typing import Dict, List

from flytekit import dynamic, task, workflow


@task
def index_of(character: str) -> int:
    return ord(character) - ord("A") if character.isupper() else ord(character) - ord("a")


@task
def tally(counts: List[int], index: int) -> List[int]:
    counts[index] += 1
    return counts


@task
def common(first: List[int], second: List[int]) -> int:
    return sum(min(a, b) for a, b in zip(first, second))


@dynamic
def count_characters(a: str, b: str) -> int:
    first, second = [0] * 26, [0] * 26
    for character in a:
        first = tally(counts=first, index=index_of(character=character))
    for character in b:
        second = tally(counts=second, index=index_of(character=character))
    return common(first=first, second=second)


@workflow
def compare(a: str, b: str) -> int:
    return count_characters(a=a, b=b)


@task
def add(a: int, b: int) -> int:
    return a + b


@dynamic
def fibonacci(n: int) -> int:
    if n < 2:
        return n
    return add(a=fibonacci(n=n - 1), b=fibonacci(n=n - 2))


@dynamic
def squares(n: int) -> Dict[str, int]:
    return {str(k): add(a=k, b=k) for k in range(n)}


@dynamic
def merge_sort(numbers: List[int]) -> List[int]:
    if len(numbers) < 2:
        return numbers
    middle = len(numbers) // 2
    return merge(a=merge_sort(numbers=numbers[:middle]), b=merge_sort(numbers=numbers[middle:]))


@task
def merge(a: List[int], b: List[int]) -> List[int]:
    return sorted([*a, *b])


assert compare(a="Pear", b="Earth") == 3
assert fibonacci(n=5) == 5
assert squares(n=3) == {"0": 0, "1": 2, "2": 4}
assert merge_sort(numbers=[3, 1, 2]) == [1, 2, 3]

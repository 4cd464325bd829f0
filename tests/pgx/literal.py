"""Matching read literally: every strand sequence listed, every allele compared with each; slow, and easy to check."""

from itertools import combinations_with_replacement, product

from genorx.knowledge.definition import WOBBLES
from genorx.pgx.matching.hapb3 import ALLELES as HB
from genorx.pgx.matching.hapb3 import HAPB3, INTRONIC
from genorx.pgx.matching.naming import components, name_key


def strands(sample):
    """All strand sequences, built position by position as a tree."""
    calls = sorted(sample.bases.items())
    for one, two in (("first", "second"), ("second", "first")):
        if calls and all(getattr(call, one) is None for _, call in calls):
            return {tuple((index, getattr(call, two)) for index, call in calls)}
    tree = [({}, {"global": 0}), ({}, {"global": 1})]
    for index, call in calls:
        grown = []
        for sequence, sides in tree:
            if call.first == call.second or (call.phased and call.phase_set is None):
                branches = [sides["global"]]
            elif call.phased:
                branches = [sides[call.phase_set]] if call.phase_set in sides else [0, 1]
            else:
                branches = [0, 1]
            for side in branches:
                opens = call.phase_set is not None and call.first != call.second  # a homozygous call tells no side
                more = {**sides, call.phase_set: side} if opens else sides
                grown.append(({**sequence, index: call.second if side else call.first}, more))
        tree = grown
    return {tuple(sorted(sequence.items())) for sequence, _ in tree}


def fits(entry, base):
    """Whether a base is an entry or one of its ambiguity code's bases."""
    return entry == base or base in WOBBLES.get(entry, ())


def complementary(sample, one, two):
    """Whether two sequences are equal where the sample is homozygous and differ where it is not."""
    return all(
        (sample.bases[i].first == sample.bases[i].second) == (a == b) for (i, a), (_, b) in zip(one, two, strict=True)
    )


def pairs_of(sample, sequences, matched):
    """Pairs of matched things (name to its sequences), each with all of its complementary sequences."""
    found = {}
    haploid = sample.haploid
    for one, two in combinations_with_replacement([name for name in matched if matched[name]], 2):
        if haploid:
            if one == two:
                found[one,] = [(s, s) for s in matched[one]]
            continue
        if one == two and len(sequences) > 1 and len(matched[one]) < 2:
            continue
        names = tuple(sorted((one, two), key=name_key))
        both = [(s, t) for s, t in product(*(matched[name] for name in names)) if complementary(sample, s, t)]
        if both:
            found[names] = both
    return found


class Literal:
    """The table of the sample, the sequences that each allele matches, pairs and their scores."""

    def __init__(self, sample, without=()):
        self.sample = sample
        self.sequences = strands(sample)
        present = sorted(sample.bases)
        named = [a for a in sample.gene.alleles if a.name not in without]
        own = {a.name: {i: b for i, b in a.bases.items() if i in present} for a in named}
        self.own = {n: bases for n, bases in own.items() if bases or len(present) == len(sample.gene.positions)}
        self.ref = {i: sample.gene.positions[i].ref for i in present}
        filled = {n: {i: bases.get(i, self.ref[i]) for i in present} for n, bases in self.own.items()}
        self.matched = {n: [s for s in self.sequences if all(fits(e[i], b) for i, b in s)] for n, e in filled.items()}

    def cost(self, name, chosen):
        return sum(e in WOBBLES and all(dict(s)[i] == self.ref[i] for s in chosen) for i, e in self.own[name].items())

    def score(self, names, s, t):
        if len(names) == 1:
            return len(self.own[names[0]]) - self.cost(names[0], {s})
        one, two = names
        seen = ({s, t}, {s, t}) if one == two else ({s}, {t})
        return len(self.own[one]) - self.cost(one, seen[0]) + len(self.own[two]) - self.cost(two, seen[1])

    def pairs(self):
        """Pairs with their score, in order."""
        found = pairs_of(self.sample, self.sequences, self.matched)
        scored = {names: max(self.score(names, s, t) for s, t in both) for names, both in found.items()}
        return sorted(scored.items(), key=lambda item: (-item[1], *map(name_key, item[0])))


class Combined:
    """Combinations and partial alleles of each sequence."""

    def __init__(self, sample, *, partials, without=()):
        self.sample, self.partials = sample, partials
        self.sequences = strands(sample)
        table = Literal(sample, without)
        self.reference = sample.gene.reference.name
        self.core = {n: bases for n, bases in table.own.items() if n != self.reference and bases}
        self.scores, self.parts, self.matched = {}, {}, {}
        for sequence in self.sequences:
            for members in self._members(dict(sequence)):
                self._take(sequence, members)

    def _members(self, sequence):
        fitting = [n for n, core in self.core.items() if all(fits(e, sequence[i]) for i, e in core.items())]
        if len(fitting) < 2:
            return [fitting]
        combinations = []
        for name in sorted(fitting, key=lambda n: (-len(self.core[n]), n)):
            added, longer = False, False
            for combination in combinations:
                overlaps = [m for m in combination if self.core[m].keys() & self.core[name].keys()]
                if not overlaps:
                    combination.append(name)
                    added = True
                longer |= any(len(self.core[m]) != len(self.core[name]) for m in overlaps)
            if not added and not longer:
                combinations.append([name])
        return combinations

    def _take(self, sequence, members):
        covered = {i for name in members for i in self.core[name]}
        changes = []
        for index, base in sequence if self.partials else ():
            position = self.sample.gene.positions[index]
            if index not in covered and base != position.ref:
                changes.append(f"g.{position.pos}?" if base is None else f"g.{position.pos}{position.ref}>{base}")
        parts = (*sorted(members, key=name_key), *changes) or (self.reference,)
        name = parts[0] if len(parts) == 1 else f"[{' + '.join(parts)}]"
        whole = len(self.sample.bases) if parts == (self.reference,) else -len(changes)
        self.scores[name] = whole + sum(len(self.core[m]) for m in members)
        self.parts[name] = parts
        self.matched.setdefault(name, [])
        if sequence not in self.matched[name]:
            self.matched[name].append(sequence)

    def pairs(self):
        """Pairs with all of their complementary sequences."""
        return pairs_of(self.sample, self.sequences, self.matched)


class Lowest:
    """DPYD and RYR1, step by step."""

    def __init__(self, sample, *, others):
        self.sample, self.others = sample, others
        self.reference = sample.gene.reference.name
        self.warnings, self.calls, self.alleles = set(), set(), []
        places = {p.pos: i for i, p in enumerate(sample.gene.positions)} if sample.gene.gene == "DPYD" else {}
        self.exon, self.intron = places.get(97573863), places.get(97579893)
        self.e, self.i = sample.bases.get(self.exon), sample.bases.get(self.intron)
        self.present = any(call is not None and set(call.gt) - set("0/|") for call in (self.e, self.i))
        if not self._by_strand():
            self._by_alleles()

    def _by_strand(self):
        sample, without = self.sample, HB if self.present else ()
        sequences = strands(sample)
        effective = len(sequences) <= 2
        sets = any(call.phased and call.phase_set is not None for call in sample.bases.values())
        fallback = self.present and not self.others
        if effective:
            plain = Literal(sample, without)
            found = pairs_of(sample, sequences, plain.matched)
            if found:
                return self._add(found, {name: (name,) for name in plain.own})
            if fallback:
                return self._only(sequences)
        if effective or sets:
            combined = Combined(sample, partials=True, without=without)
            return self._add(combined.pairs(), combined.parts)
        return False

    def _only(self, sequences):
        self._add(
            pairs_of(self.sample, sequences, {self.reference: list(sequences)}), {self.reference: (self.reference,)}
        )
        return True

    def _add(self, pairs, parts):
        for names, both in pairs.items():
            for sequences in both:
                made = [self._named(parts[n], dict(s)) for n, s in zip(names, sequences, strict=False)]
                self.calls.add(tuple(sorted(made, key=name_key)))
        return bool(pairs)

    def _named(self, parts, sequence):
        parts = [p for p in parts if p not in ("g.97573863C>T", "g.97579893G>C")]
        found = self._strand(self._changed(self.exon, sequence), self._changed(self.intron, sequence))
        if found:
            parts = [found, *(p for p in parts if p != self.reference)]
        whole = sorted((p for p in parts if not p.startswith("g.")), key=name_key)
        parts = [*whole, *(p for p in parts if p.startswith("g."))] or [self.reference]
        return parts[0] if len(parts) == 1 else f"[{' + '.join(parts)}]"

    def _changed(self, index, sequence):
        base = sequence.get(index)
        return None if base is None else base != self.sample.gene.positions[index].ref

    def _strand(self, exon, intron):
        if intron:
            return HAPB3 if exon else INTRONIC
        if exon:
            self.warnings.add("hapb3-exonic-only" if intron is None else "hapb3-intronic-mismatch-exonic")
            return HAPB3 if intron is None else None
        return None

    def _unphased(self):
        exon, intron = self.e, self.i
        if exon and intron and exon.phased and intron.phased and exon.phase_set == intron.phase_set:
            strands_ = [
                (self._changed(self.exon, {self.exon: a}), self._changed(self.intron, {self.intron: b}))
                for a, b in ((exon.first, intron.first), (exon.second, intron.second))
            ]
            return [found for pair in strands_ if (found := self._strand(*pair))]
        e = sum(bool(self._changed(self.exon, {self.exon: b})) for b in (exon.first, exon.second)) if exon else 0
        i = (
            sum(bool(self._changed(self.intron, {self.intron: b})) for b in (intron.first, intron.second))
            if intron
            else 0
        )
        if exon is None:
            return [INTRONIC] * i
        if intron is None:
            if e or not exon.half:
                self.warnings.add("hapb3-exonic-only")
            return [HAPB3] * e
        if intron.half:
            return []
        if i < e:
            self.warnings.add("hapb3-intronic-mismatch-exonic")
        return [HAPB3] * min(i, e) + [INTRONIC] * max(i - e, 0)

    def _by_alleles(self):
        without = HB if self.sample.gene.gene == "DPYD" else ()
        combined = Combined(self.sample, partials=False, without=without)
        some = [
            name
            for name, core in combined.core.items()
            if any(all(fits(entry, dict(s)[i]) for i, entry in core.items()) for s in combined.sequences)
        ]
        extra = self._unphased()
        twice = set()
        for one, two in combined.pairs():
            twice |= set(components(one)) & set(components(two))
        if extra:
            twice.discard(self.reference)
        listed = [self.reference, *some]
        listed += [name for name in listed if name in twice]
        if len(listed) + len(extra) > 2:
            listed = [name for name in listed if name != self.reference]
        self.alleles = sorted([*listed, *extra], key=name_key)


def combined_pairs(sample, *, partials):
    """Names of the pairs of combinations with their score, in order."""
    made = Combined(sample, partials=partials)
    scored = {names: sum(made.scores[n] for n in names) for names in made.pairs()}
    return sorted(scored.items(), key=lambda item: (-item[1], *map(name_key, item[0])))

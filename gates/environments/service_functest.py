"""The service of one image in one environment: it says who it is, scores as TFLite does, and answers bad frames.

environments.bzl makes a test of this for every environment; which one it is comes from gates.environments.environment.
"""

import os
from collections.abc import Iterator

import numpy as np
import pytest

from firmware import protocol
from firmware.client import Client
from firmware.protocol import ErrorCode, Request, encode
from gates import image as gated
from gates.environments import environment as environments
from gates.environments.answers import Answers, read_answers

ENVIRONMENT = environments.from_variables()
PLAN = gated.read_plan(os.environ["EDGEPLUG_PLAN"])
ANSWERS = read_answers(os.environ["EDGEPLUG_ANSWERS"])
WINDOW = ANSWERS.windows[0].tobytes()


@pytest.fixture(name="client", scope="module")
def client_fixture() -> Iterator[Client]:
    with environments.service(ENVIRONMENT) as client:
        yield client


def test_it_identifies_as_the_network_of_the_plan(client: Client) -> None:
    identity = client.identify()
    assert (identity.name, identity.classes, identity.input_bytes) == (PLAN.name, PLAN.classes, PLAN.input_bytes)
    assert np.float32(identity.input_scale) == np.float32(PLAN.input_scale)
    assert identity.input_zero_point == PLAN.input_zero_point
    assert identity.image_bytes == ENVIRONMENT.image.stat().st_size
    assert identity.clock_hz == ENVIRONMENT.clock_hz


def test_scores_are_those_of_tflites_reference_kernels(client: Client) -> None:
    want = ANSWERS.first(ENVIRONMENT.windows)
    results = [client.run(window) for window in want.windows]
    complaint = want.difference(Answers(want.windows, np.array([result.scores for result in results])))
    assert complaint is None, f"{ENVIRONMENT.name}: {complaint}"
    assert [result.class_index for result in results] == want.scores.argmax(axis=1).tolist()


BAD_FRAMES = {
    "crc": (encode(Request.RUN, WINDOW)[:-1] + bytes([encode(Request.RUN, WINDOW)[-1] ^ 1]), ErrorCode.CRC, Request.RUN),
    "version": (encode(Request.IDENTIFY, version=2), ErrorCode.VERSION, Request.IDENTIFY),
    "type": (encode(0), ErrorCode.TYPE, 0),
    "short window": (encode(Request.RUN, WINDOW[:-1]), ErrorCode.LENGTH, Request.RUN),
    "long window": (encode(Request.RUN, WINDOW + b"x"), ErrorCode.OVERSIZE, Request.RUN),
    "class beyond the last": (encode(Request.CLASS_NAME, bytes([len(PLAN.classes)])), ErrorCode.INDEX, Request.CLASS_NAME),
    "half a window": (encode(Request.RUN, WINDOW)[:len(WINDOW) // 2], ErrorCode.TRUNCATED, Request.RUN),
    "half a prefix": (encode(Request.RUN, WINDOW)[:2], ErrorCode.TRUNCATED, 0),
}


@pytest.mark.parametrize("case", BAD_FRAMES)
def test_a_bad_frame_is_answered_and_the_next_good_one_too(client: Client, case: str) -> None:
    request, code, request_type = BAD_FRAMES[case]
    reply = client.exchange(request)
    assert (reply.type, reply.payload) == (protocol.TYPE_ERROR, bytes([code, request_type]))
    assert np.array_equal(client.run(ANSWERS.windows[0]).scores, ANSWERS.scores[0])

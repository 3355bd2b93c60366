"""A front for buildbox-casd that Bazel 4.2 can speak to.

Bazel 4.2 speaks version 2.0 of the Remote Execution API; buildbox-casd announces 2.1 and wants commands with `output_paths`, where 2.0
has `output_files` and `output_directories`. This server announces 2.0, hands commands over in the newer form, and files the results
under the older one's digest, too; everything else passes as it is.

    executor.py LISTEN TARGET        both as HOST:PORT
"""

import hashlib
import importlib.machinery
import sys
import types
from collections.abc import Iterator
from concurrent import futures

import grpc

# Of BuildStream the API's messages alone: the package itself would import what is not locked.
sys.modules["buildstream"] = types.ModuleType("buildstream")
sys.modules["buildstream"].__path__ = importlib.machinery.PathFinder.find_spec("buildstream").submodule_search_locations

from buildstream._protos.build.bazel.remote.execution.v2 import remote_execution_pb2 as api
from buildstream._protos.google.longrunning import operations_pb2
from google.protobuf.message import Message

_OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
_PACKAGE = "/build.bazel.remote.execution.v2."
_WORKERS = 100
_LONGEST_SECONDS = 1e6


def newer_command(command: api.Command) -> api.Command:
    """The command with all its outputs as paths."""
    changed = api.Command()
    changed.CopyFrom(command)
    if not changed.output_paths:
        changed.output_paths.extend(sorted([*changed.output_files, *changed.output_directories]))
        del changed.output_files[:], changed.output_directories[:]
    return changed


def announced(capabilities: api.ServerCapabilities) -> api.ServerCapabilities:
    """The server's capabilities, down to version 2.0."""
    changed = api.ServerCapabilities()
    changed.CopyFrom(capabilities)
    changed.low_api_version.major, changed.low_api_version.minor = 2, 0
    return changed


class _Front(grpc.GenericRpcHandler):
    """Every method as a stream of bytes both ways."""

    def __init__(self, target: str):
        self._channel = grpc.insecure_channel(target, options=_OPTIONS)

    def service(self, handler_call_details) -> grpc.RpcMethodHandler:
        """The handler of one call."""
        method = handler_call_details.method

        def call(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
            try:
                if method == f"{_PACKAGE}Execution/Execute":
                    yield from self._execute(next(requests), context)
                elif method.endswith("/GetCapabilities"):
                    for answer in self._pass(method, requests, context):
                        yield announced(api.ServerCapabilities.FromString(answer)).SerializeToString()
                else:
                    yield from self._pass(method, requests, context)
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())

        return grpc.stream_stream_rpc_method_handler(call, _same, _same)

    def _pass(self, method: str, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        metadata = [(key, value) for key, value in context.invocation_metadata()
                    if not key.startswith("grpc-") and key != "user-agent"]
        left = context.time_remaining()
        timeout = left if left and left < _LONGEST_SECONDS else None
        answers = self._channel.stream_stream(method, _same, _same)(requests, metadata=metadata, timeout=timeout)
        context.add_callback(answers.cancel)
        yield from answers

    def _execute(self, data: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        request = api.ExecuteRequest.FromString(data)
        older = api.Digest()
        older.CopyFrom(request.action_digest)
        action = api.Action.FromString(self._blob(older, request.instance_name))
        command = api.Command.FromString(self._blob(action.command_digest, request.instance_name))
        action.command_digest.CopyFrom(self._store(newer_command(command), request.instance_name))
        request.action_digest.CopyFrom(self._store(action, request.instance_name))
        for answer in self._pass(f"{_PACKAGE}Execution/Execute", iter([request.SerializeToString()]), context):
            self._file(operations_pb2.Operation.FromString(answer), older, request.instance_name)
            yield answer

    def _file(self, operation: operations_pb2.Operation, digest: api.Digest, instance: str) -> None:
        """Files what an operation that is done brought under the digest that Bazel will ask for."""
        response = api.ExecuteResponse()
        if operation.done and operation.HasField("response") and operation.response.Unpack(response):
            if not response.result.exit_code and not response.status.code:
                self._ask("ActionCache/UpdateActionResult", api.UpdateActionResultRequest(
                    instance_name=instance, action_digest=digest, action_result=response.result), api.ActionResult)

    def _blob(self, digest: api.Digest, instance: str) -> bytes:
        found = self._ask("ContentAddressableStorage/BatchReadBlobs",
                          api.BatchReadBlobsRequest(instance_name=instance, digests=[digest]), api.BatchReadBlobsResponse)
        return found.responses[0].data

    def _store(self, message: Message, instance: str) -> api.Digest:
        data = message.SerializeToString(deterministic=True)
        digest = api.Digest(hash=hashlib.sha256(data).hexdigest(), size_bytes=len(data))
        request = api.BatchUpdateBlobsRequest(instance_name=instance)
        request.requests.add(data=data).digest.CopyFrom(digest)
        self._ask("ContentAddressableStorage/BatchUpdateBlobs", request, api.BatchUpdateBlobsResponse)
        return digest

    def _ask(self, method: str, request: Message, kind: type[Message]) -> Message:
        return self._channel.unary_unary(_PACKAGE + method, lambda message: message.SerializeToString(), kind.FromString)(request)


def _same(data: bytes) -> bytes:
    return data


def main(arguments: list[str]) -> None:
    listen, target = arguments
    server = grpc.server(futures.ThreadPoolExecutor(_WORKERS), handlers=[_Front(target)], options=_OPTIONS)
    server.add_insecure_port(listen)
    server.start()
    print("listening", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main(sys.argv[1:])

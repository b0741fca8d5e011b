"""Messages, tools and answers as the chat completions API has them, which LiteLLM speaks to all."""

import json
from decimal import Decimal
from typing import Any

from agent.model import ChatMessage, ModelTurn, ToolCall, ToolSpec


def write_message(message: ChatMessage) -> dict[str, Any]:
    written: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.tool_calls:
        written["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id:
        written["tool_call_id"] = message.tool_call_id
    return written


def write_tool(tool: ToolSpec) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": dict(tool.parameters),
        },
    }


def read_turn(response: Any, name: str) -> ModelTurn:
    """Raises AttributeError, IndexError, KeyError, TypeError or ValueError for no such answer."""
    message = response.choices[0].message
    usage = getattr(response, "usage", None)
    return ModelTurn(
        tool_calls=tuple(
            ToolCall(
                id=str(call.id),
                name=str(call.function.name),
                arguments=_read_arguments(call.function.arguments),
            )
            for call in message.tool_calls or ()
        ),
        text=str(message.content or ""),
        model=name,
        input_tokens=int(getattr(usage, "prompt_tokens", 0) or 0),
        output_tokens=int(getattr(usage, "completion_tokens", 0) or 0),
        cost=_read_cost(response),
        is_cut=response.choices[0].finish_reason == "length",
    )


def _read_arguments(arguments: object) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def _read_cost(response: Any) -> Decimal | None:
    """USD as LiteLLM has reckoned it, or None: it says 0, or nothing, for a model whose price it
    does not know."""
    cost = getattr(response, "_hidden_params", {}).get("response_cost")
    return Decimal(str(cost)) if cost else None

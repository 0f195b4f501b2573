// Errors of the API, kept with the name of the field that is at fault.

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number, // 0: no answer at all
    readonly param?: string,
    readonly retryAfter?: string,
  ) {
    super(message);
  }
}

function parsedError(text: string): { message?: unknown; param?: unknown } | undefined {
  try {
    const error = JSON.parse(text)?.error;
    return typeof error === "object" && error !== null ? error : undefined;
  } catch {
    return undefined;
  }
}

export function errorFrom(status: number, text: string, retryAfter: string | null = null): ApiError {
  const error = parsedError(text);
  const message = typeof error?.message === "string" ? error.message : `the server answered ${status}`;
  const param = typeof error?.param === "string" ? error.param : undefined;
  return new ApiError(message, status, param, retryAfter ?? undefined);
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  // fetch says only "TypeError" when nobody listens: the reason is kept from pages.
  if (error instanceof TypeError) return new ApiError("the server does not answer; is `c2c serve` still running?", 0);
  return new ApiError(error instanceof Error ? error.message : String(error), 0);
}

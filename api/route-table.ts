import { docsRoutes } from './routes/docs.ts'
import { downloadRoutes } from './routes/download.ts'
import { eventRoutes } from './routes/event.ts'
import { hostSetupRoutes } from './routes/host-setup.ts'
import { lockRoutes } from './routes/lock.ts'
import { modelRoutes } from './routes/models.ts'
import { scheduleRoutes } from './routes/schedule.ts'
import { serviceRoutes } from './routes/service.ts'
import { settingRoutes } from './routes/settings.ts'
import { statusRoutes } from './routes/status.ts'
import { swapLogRoutes } from './routes/swap-log.ts'
import { storageRoutes } from './routes/storage.ts'
import { swapRoutes } from './routes/swap.ts'
import { telemetryRoutes } from './routes/telemetry.ts'
import { webhookRoutes } from './routes/webhook.ts'
import type { Route } from './route.ts'

/** Every REST route. The lock's come before the swap's, whose `{id}` would take them. */
export const routeTable: readonly Route[] = [
  ...lockRoutes,
  ...swapRoutes,
  ...swapLogRoutes,
  ...scheduleRoutes,
  ...webhookRoutes,
  ...eventRoutes,
  ...modelRoutes,
  ...downloadRoutes,
  ...storageRoutes,
  ...settingRoutes,
  ...hostSetupRoutes,
  ...serviceRoutes,
  ...statusRoutes,
  ...telemetryRoutes,
  ...docsRoutes(() => routeTable),
]

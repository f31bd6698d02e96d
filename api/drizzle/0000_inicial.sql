CREATE TABLE `commands` (
	`org_id` text NOT NULL,
	`id` text NOT NULL,
	`device` text NOT NULL,
	`op` text NOT NULL,
	`params` text NOT NULL,
	`estado` text NOT NULL,
	`code` text,
	`message` text,
	`ran_ms` integer,
	`por` text,
	`criado_em` integer NOT NULL,
	`expira_em` integer NOT NULL,
	`respondido_em` integer,
	PRIMARY KEY(`org_id`, `id`)
);
--> statement-breakpoint
CREATE INDEX `commands_device` ON `commands` (`org_id`,`device`,`criado_em`);--> statement-breakpoint
CREATE INDEX `commands_estado` ON `commands` (`estado`,`expira_em`);--> statement-breakpoint
CREATE TABLE `devices` (
	`org_id` text NOT NULL,
	`device` text NOT NULL,
	`nome` text NOT NULL,
	`transicao` text DEFAULT 'manual' NOT NULL,
	`fila_pausada` integer DEFAULT false NOT NULL,
	`telemetry_s` integer DEFAULT 10 NOT NULL,
	`saidas` integer DEFAULT 8 NOT NULL,
	`config_versao` integer DEFAULT 1 NOT NULL,
	`config_reportada` text NOT NULL,
	`presence` text DEFAULT 'never' NOT NULL,
	`presence_desde` integer,
	`visto_em` integer,
	`boot_id` text,
	`session` integer,
	`birth` text NOT NULL,
	`fw_version` text,
	`journal_id` text,
	`boot_anterior` text,
	`journal_anterior` text,
	`hi` integer DEFAULT 0 NOT NULL,
	`ultimo_seq` integer DEFAULT 0 NOT NULL,
	`birth_epoch` text,
	`alertas` text NOT NULL,
	`versao` integer DEFAULT 1 NOT NULL,
	`criado_em` integer NOT NULL,
	`removido_em` integer,
	PRIMARY KEY(`org_id`, `device`),
	FOREIGN KEY (`org_id`) REFERENCES `orgs`(`org_id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `frasco_historico` (
	`org_id` text NOT NULL,
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`device` text NOT NULL,
	`frasco` integer NOT NULL,
	`tempero` text,
	`ug_por_s` integer,
	`desde` integer NOT NULL,
	`por` text
);
--> statement-breakpoint
CREATE INDEX `frasco_historico_frasco` ON `frasco_historico` (`org_id`,`device`,`frasco`,`desde`);--> statement-breakpoint
CREATE TABLE `frascos` (
	`org_id` text NOT NULL,
	`device` text NOT NULL,
	`frasco` integer NOT NULL,
	`tempero_id` integer,
	`ug_por_s` integer,
	`min_ms` integer DEFAULT 0 NOT NULL,
	`max_ms` integer DEFAULT 180000 NOT NULL,
	`pin` integer,
	`minimo_mg` integer DEFAULT 0 NOT NULL,
	`desejado_mg` integer,
	`saldo_mg` integer DEFAULT 0 NOT NULL,
	`reservado_mg` integer DEFAULT 0 NOT NULL,
	`recontar` integer DEFAULT false NOT NULL,
	`calibrado_em` integer,
	`lote` text,
	`validade` text,
	`versao` integer DEFAULT 1 NOT NULL,
	PRIMARY KEY(`org_id`, `device`, `frasco`),
	FOREIGN KEY (`org_id`,`device`) REFERENCES `devices`(`org_id`,`device`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `frascos_tempero` ON `frascos` (`org_id`,`tempero_id`);--> statement-breakpoint
CREATE TABLE `codes` (
	`hash` text PRIMARY KEY NOT NULL,
	`tipo` text NOT NULL,
	`org_id` text DEFAULT '' NOT NULL,
	`user_id` text,
	`device` text,
	`tentativas` integer DEFAULT 0 NOT NULL,
	`criado_em` integer NOT NULL,
	`expira_em` integer NOT NULL,
	`usado_em` integer
);
--> statement-breakpoint
CREATE INDEX `codes_tipo` ON `codes` (`tipo`);--> statement-breakpoint
CREATE TABLE `device_credentials` (
	`org_id` text NOT NULL,
	`device` text NOT NULL,
	`id` text NOT NULL,
	`hmac` text NOT NULL,
	`criado_em` integer NOT NULL,
	`usado_em` integer,
	`revogado_em` integer,
	PRIMARY KEY(`org_id`, `device`, `id`),
	FOREIGN KEY (`org_id`,`device`) REFERENCES `devices`(`org_id`,`device`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `device_credentials_hmac` ON `device_credentials` (`hmac`);--> statement-breakpoint
CREATE TABLE `login_attempts` (
	`chave` text PRIMARY KEY NOT NULL,
	`falhas` integer NOT NULL,
	`proxima_em` integer NOT NULL,
	`ultima_em` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `mqtt_tokens` (
	`org_id` text NOT NULL,
	`hash` text PRIMARY KEY NOT NULL,
	`session_id` text NOT NULL,
	`user_id` text NOT NULL,
	`expira_em` integer NOT NULL,
	FOREIGN KEY (`session_id`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `mqtt_tokens_expira` ON `mqtt_tokens` (`expira_em`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`org_id` text NOT NULL,
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`criado_em` integer NOT NULL,
	`visto_em` integer NOT NULL,
	`expira_em` integer NOT NULL,
	`endereco` text DEFAULT '' NOT NULL,
	`agente` text DEFAULT '' NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`user_id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`org_id`,`user_id`);--> statement-breakpoint
CREATE INDEX `sessions_expira` ON `sessions` (`expira_em`);--> statement-breakpoint
CREATE TABLE `tokens` (
	`org_id` text NOT NULL,
	`id` text NOT NULL,
	`user_id` text NOT NULL,
	`nome` text NOT NULL,
	`hmac` text NOT NULL,
	`criado_em` integer NOT NULL,
	`usado_em` integer,
	`expira_em` integer,
	`revogado_em` integer,
	PRIMARY KEY(`org_id`, `id`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`user_id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_hmac` ON `tokens` (`hmac`);--> statement-breakpoint
CREATE TABLE `users` (
	`org_id` text NOT NULL,
	`user_id` text PRIMARY KEY NOT NULL,
	`nome` text NOT NULL,
	`role` text NOT NULL,
	`permissoes` text NOT NULL,
	`plataforma` integer DEFAULT false NOT NULL,
	`senha` text,
	`idioma` text,
	`criado_em` integer NOT NULL,
	`desativado_em` integer,
	`versao` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`org_id`) REFERENCES `orgs`(`org_id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_org` ON `users` (`org_id`,`user_id`);--> statement-breakpoint
CREATE TABLE `execution_logs` (
	`org_id` text NOT NULL,
	`job_id` integer NOT NULL,
	`item_ordem` integer NOT NULL,
	`device` text NOT NULL,
	`digest` text NOT NULL,
	`frasco` integer NOT NULL,
	`tempero` text NOT NULL,
	`quantidade_mg` integer NOT NULL,
	`ms` integer NOT NULL,
	`status` text NOT NULL,
	`error` text,
	`boot_id` text,
	`uptime_ms` integer,
	`ts` integer,
	`recebido_em` integer NOT NULL,
	`tardio` integer DEFAULT false NOT NULL,
	`raw` text NOT NULL,
	PRIMARY KEY(`org_id`, `job_id`, `item_ordem`),
	FOREIGN KEY (`org_id`,`job_id`) REFERENCES `jobs`(`org_id`,`job_id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `execution_logs_recebido` ON `execution_logs` (`org_id`,`recebido_em`);--> statement-breakpoint
CREATE TABLE `job_items` (
	`org_id` text NOT NULL,
	`job_id` integer NOT NULL,
	`item_ordem` integer NOT NULL,
	`frasco` integer NOT NULL,
	`tempero` text NOT NULL,
	`quantidade_mg` integer NOT NULL,
	`ms` integer NOT NULL,
	`critico` integer DEFAULT false NOT NULL,
	`reservado_mg` integer DEFAULT 0 NOT NULL,
	`recusado` text,
	PRIMARY KEY(`org_id`, `job_id`, `item_ordem`),
	FOREIGN KEY (`org_id`,`job_id`) REFERENCES `jobs`(`org_id`,`job_id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `job_items_tempero` ON `job_items` (`org_id`,`tempero`);--> statement-breakpoint
CREATE TABLE `jobs` (
	`org_id` text NOT NULL,
	`job_id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`device` text NOT NULL,
	`seq` integer,
	`token` text NOT NULL,
	`status` text NOT NULL,
	`fase` text NOT NULL,
	`motivo` text,
	`versao` integer DEFAULT 1 NOT NULL,
	`evento` integer DEFAULT 0 NOT NULL,
	`posicao` integer DEFAULT 0 NOT NULL,
	`liberado` integer DEFAULT false NOT NULL,
	`receita_id` integer,
	`receita` text NOT NULL,
	`receita_versao` integer,
	`multiplicador_milesimos` integer NOT NULL,
	`metodo` text NOT NULL,
	`origem_job_id` integer,
	`criado_por` text,
	`aprovado_por` text,
	`decidido_em` integer,
	`comentario` text,
	`criado_em` integer NOT NULL,
	`expira_em` integer NOT NULL,
	`ofertado_em` integer,
	`iniciado_em` integer,
	`terminado_em` integer,
	`noticia_em` integer,
	`sem_noticias` integer DEFAULT false NOT NULL,
	`journal_id` text,
	`fw_version` text,
	`cancel_id` text,
	`cancel_motivo` text,
	`cancel_expira_em` integer,
	`complete_em` integer,
	`fechado_a_forca` integer DEFAULT false NOT NULL,
	`nota` text,
	`total_itens` integer NOT NULL,
	`itens_completados` integer DEFAULT 0 NOT NULL,
	`itens_falhados` integer DEFAULT 0 NOT NULL,
	`itens_cancelados` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`org_id`,`device`) REFERENCES `devices`(`org_id`,`device`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_org` ON `jobs` (`org_id`,`job_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_running` ON `jobs` (`org_id`,`device`) WHERE status = 'running';--> statement-breakpoint
CREATE INDEX `jobs_device_status` ON `jobs` (`org_id`,`device`,`status`,`posicao`);--> statement-breakpoint
CREATE INDEX `jobs_criado` ON `jobs` (`org_id`,`criado_em`);--> statement-breakpoint
CREATE INDEX `jobs_status` ON `jobs` (`status`,`expira_em`);--> statement-breakpoint
CREATE INDEX `jobs_terminado` ON `jobs` (`org_id`,`terminado_em`);--> statement-breakpoint
CREATE TABLE `rejected_messages` (
	`org_id` text NOT NULL,
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`device` text NOT NULL,
	`topic` text NOT NULL,
	`digest` text NOT NULL,
	`code` text NOT NULL,
	`detalhe` text DEFAULT '' NOT NULL,
	`inicio` blob NOT NULL,
	`tamanho` integer NOT NULL,
	`vezes` integer DEFAULT 1 NOT NULL,
	`primeira_em` integer NOT NULL,
	`ultima_em` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `rejected_messages_mesma` ON `rejected_messages` (`org_id`,`device`,`topic`,`digest`);--> statement-breakpoint
CREATE INDEX `rejected_messages_ultima` ON `rejected_messages` (`org_id`,`ultima_em`);--> statement-breakpoint
CREATE TABLE `estoque_mov` (
	`org_id` text NOT NULL,
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`device` text NOT NULL,
	`frasco` integer NOT NULL,
	`tempero` text,
	`tipo` text NOT NULL,
	`quantidade_mg` integer NOT NULL,
	`saldo_mg` integer NOT NULL,
	`job_id` integer,
	`item_ordem` integer,
	`estorna` integer,
	`por` text,
	`nota` text DEFAULT '' NOT NULL,
	`em` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `estoque_mov_saida` ON `estoque_mov` (`org_id`,`job_id`,`item_ordem`) WHERE tipo = 'saida';--> statement-breakpoint
CREATE UNIQUE INDEX `estoque_mov_estorno` ON `estoque_mov` (`org_id`,`estorna`) WHERE estorna is not null;--> statement-breakpoint
CREATE INDEX `estoque_mov_frasco` ON `estoque_mov` (`org_id`,`device`,`frasco`,`id`);--> statement-breakpoint
CREATE INDEX `estoque_mov_em` ON `estoque_mov` (`org_id`,`em`);--> statement-breakpoint
CREATE TABLE `receita_itens` (
	`org_id` text NOT NULL,
	`receita_id` integer NOT NULL,
	`item_ordem` integer NOT NULL,
	`tempero_id` integer NOT NULL,
	`quantidade_mg` integer NOT NULL,
	`escala` text DEFAULT 'linear' NOT NULL,
	`critico` integer DEFAULT false NOT NULL,
	PRIMARY KEY(`org_id`, `receita_id`, `item_ordem`),
	FOREIGN KEY (`org_id`,`receita_id`) REFERENCES `receitas`(`org_id`,`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `receita_itens_tempero` ON `receita_itens` (`org_id`,`tempero_id`);--> statement-breakpoint
CREATE TABLE `receitas` (
	`org_id` text NOT NULL,
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`nome` text NOT NULL,
	`notas` text DEFAULT '' NOT NULL,
	`tags` text NOT NULL,
	`favorita` integer DEFAULT false NOT NULL,
	`versao` integer DEFAULT 1 NOT NULL,
	`atualizada_em` integer NOT NULL,
	`removida_em` integer,
	FOREIGN KEY (`org_id`) REFERENCES `orgs`(`org_id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `receitas_org` ON `receitas` (`org_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `receitas_nome` ON `receitas` (`org_id`,`nome`) WHERE removida_em is null;--> statement-breakpoint
CREATE TABLE `temperos` (
	`org_id` text NOT NULL,
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`nome` text NOT NULL,
	`densidade_mg_ml` integer,
	`alergenos` text NOT NULL,
	`cor` text,
	`removido_em` integer,
	FOREIGN KEY (`org_id`) REFERENCES `orgs`(`org_id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `temperos_org` ON `temperos` (`org_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `temperos_nome` ON `temperos` (`org_id`,`nome`) WHERE removido_em is null;--> statement-breakpoint
CREATE TABLE `audit` (
	`org_id` text NOT NULL,
	`n` integer NOT NULL,
	`em` integer NOT NULL,
	`quem` text NOT NULL,
	`acao` text NOT NULL,
	`alvo` text NOT NULL,
	`endereco` text DEFAULT '' NOT NULL,
	`antes` text,
	`depois` text,
	`prev` text NOT NULL,
	`hash` text NOT NULL,
	PRIMARY KEY(`org_id`, `n`)
);
--> statement-breakpoint
CREATE INDEX `audit_em` ON `audit` (`org_id`,`em`);--> statement-breakpoint
CREATE TABLE `events` (
	`org_id` text NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`user_id` text,
	`data` text NOT NULL,
	`ts` integer NOT NULL,
	PRIMARY KEY(`org_id`, `id`)
);
--> statement-breakpoint
CREATE INDEX `events_ts` ON `events` (`org_id`,`ts`);--> statement-breakpoint
CREATE TABLE `idempotency` (
	`org_id` text NOT NULL,
	`escopo` text NOT NULL,
	`chave` text NOT NULL,
	`digest` text NOT NULL,
	`status` integer,
	`resposta` text,
	`criado_em` integer NOT NULL,
	`expira_em` integer NOT NULL,
	PRIMARY KEY(`org_id`, `escopo`, `chave`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_expira` ON `idempotency` (`expira_em`);--> statement-breakpoint
CREATE TABLE `meta` (
	`chave` text PRIMARY KEY NOT NULL,
	`valor` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `orgs` (
	`org_id` text PRIMARY KEY NOT NULL,
	`nome` text NOT NULL,
	`fuso` text DEFAULT 'America/Sao_Paulo' NOT NULL,
	`idioma` text DEFAULT 'pt-BR' NOT NULL,
	`limite_multiplicador_milesimos` integer DEFAULT 100000 NOT NULL,
	`limite_mg` integer,
	`politica_estoque` text DEFAULT 'recusa' NOT NULL,
	`regra_aprovacao` text DEFAULT 'ninguem' NOT NULL,
	`retencao_dias` integer DEFAULT 730 NOT NULL,
	`criado_em` integer NOT NULL
);

DROP INDEX `execution_logs_recebido`;--> statement-breakpoint
DROP INDEX `estoque_mov_em`;